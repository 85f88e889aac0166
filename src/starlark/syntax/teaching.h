// Scripts are written by people and models who know Python. Where Starlark differs, the error says
// what to write instead. Each function gives a hint, or "" when there is none.
#pragma once

#include <string_view>

#include "starlark/syntax/token.h"

namespace larkspur::starlark {

// A word of Python that Starlark reserves: import, class, try, ...
std::string_view hint_for_reserved(std::string_view word);

// A name that nobody defines but that is well known elsewhere: open, requests, null, ...
std::string_view hint_for_name(std::string_view name);

// The parser wanted `wanted` but found `got`; `after` is the source from there on.
std::string_view hint_for_unexpected(TokenKind got, TokenKind wanted, std::string_view after);

// The parser wanted an operand but found `got`.
std::string_view hint_for_operand(TokenKind got, std::string_view before);

}  // namespace larkspur::starlark
