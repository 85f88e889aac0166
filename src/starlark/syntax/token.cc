#include "starlark/syntax/token.h"

namespace larkspur::starlark {

std::string_view to_string(TokenKind kind) {
  static constexpr std::string_view kTexts[] = {
#define TOKEN(name, text) text,
#define PUNCTUATION(name, text) "'" text "'",
#define KEYWORD(name, text) text,
#include "starlark/syntax/tokens.def"
#undef TOKEN
#undef PUNCTUATION
#undef KEYWORD
  };
  return kTexts[static_cast<std::size_t>(kind)];
}

}  // namespace larkspur::starlark
