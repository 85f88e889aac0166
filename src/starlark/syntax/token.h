// What the lexer hands to the parser.
#pragma once

#include <cstdint>
#include <string_view>

namespace larkspur::starlark {

enum class TokenKind : std::uint8_t {
#define TOKEN(name, text) k##name,
#define PUNCTUATION(name, text) k##name,
#define KEYWORD(name, text) k##name,
#include "starlark/syntax/tokens.def"
#undef TOKEN
#undef PUNCTUATION
#undef KEYWORD
};

// As an error message calls it: "newline", "identifier", "'+'", "lambda".
std::string_view to_string(TokenKind kind);

using NameId = std::uint32_t;  // an interned identifier, see Names

struct Token {
  TokenKind kind = TokenKind::kEndOfFile;
  std::uint32_t offset = 0;  // into the source, bytes
  std::uint32_t end = 0;
  NameId name = 0;  // kIdentifier only
};

}  // namespace larkspur::starlark
