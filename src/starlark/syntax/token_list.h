// The tokens of a source, one after the other, for those who look at text rather than meaning. An
// f-string is one token.
#pragma once

#include <string_view>
#include <vector>

#include "starlark/syntax/token.h"

namespace larkspur::starlark {

// REQUIRES: `source` parses. The last token is kEndOfFile.
std::vector<Token> tokens_of(std::string_view source);

}  // namespace larkspur::starlark
