// What operators may read of a script's failure. Their logs hold nothing that a script is made of,
// and the names in it are the author's own words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codemode/binding.h"

namespace larkspur::codemode {

// `message` (its values are out already) with every word that stands in `source` masked, unless it
// is the language's own, a word of the engine's messages, or the name of a tool:
// "undefined: tottal" becomes "undefined: ...".
std::string without_names(std::string_view message, std::string_view source,
                          const std::vector<BoundTool>& tools);

}  // namespace larkspur::codemode
