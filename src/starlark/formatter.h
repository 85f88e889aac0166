// Starlark source in one style: four spaces a block, one space around operators, none inside of
// brackets, blank lines in moderation. Lines are broken where the author broke them; comments,
// strings and their order stay. Formatting twice changes nothing, and what the source means stays
// the same: only spaces and line breaks differ.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "starlark/starlark.h"

namespace larkspur::starlark {

// The formatted source, or why it cannot be read.
std::expected<std::string, std::vector<Diagnostic>> format_source(std::string source,
                                                                  std::string filename);

}  // namespace larkspur::starlark
