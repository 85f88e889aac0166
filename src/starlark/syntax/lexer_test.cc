#include "starlark/syntax/lexer.h"

#include <gtest/gtest.h>

#include <string>

namespace larkspur::starlark {
namespace {

// The tokens as one line; an error as "error at OFFSET: message".
std::string tokens(std::string_view source) {
  Names names;
  Arena arena;
  Errors errors;
  Lexer lexer(source, names, arena, errors);
  std::string out;
  for (;;) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::kEndOfFile) break;
    if (!out.empty()) out += ' ';
    switch (token.kind) {
      case TokenKind::kNewline:
        out += "NEWLINE";
        break;
      case TokenKind::kIndent:
        out += "INDENT";
        break;
      case TokenKind::kOutdent:
        out += "OUTDENT";
        break;
      default:
        out += lexer.text(token);
    }
  }
  if (!errors.empty()) {
    const StaticError& error = errors.items()[0];
    out = "error at " + std::to_string(error.offset) + ": " + error.message;
  }
  return out;
}

struct Case {
  std::string_view source;
  std::string_view expected;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(tokens(c.source), c.expected) << c.source;
}

TEST(Lexer, SplitsWordsNumbersAndPunctuation) {
  check({
      {"", ""},
      {"a+=b//2**c", "a += b // 2 ** c NEWLINE"},
      {"x.y[1:]!=~z->{}", "x . y [ 1 : ] != ~ z -> { } NEWLINE"},
      {"0x1F 0b1 0o7 1_000 1.5e-3 .5 1.", "0x1F 0b1 0o7 1_000 1.5e-3 .5 1. NEWLINE"},
      {"größe = 1 # note", "größe = 1 NEWLINE"},
      {"\xEF\xBB\xBFx", "x NEWLINE"},
      {"x\r\ny", "x NEWLINE y NEWLINE"},
  });
}

TEST(Lexer, KeepsStringsWhole) {
  check({
      {R"('a' "b\"" r"\"" b'x' Rb"y")", R"('a' "b\"" r"\"" b'x' Rb"y" NEWLINE)"},
      {"'''a\nb''' ''", "'''a\nb''' '' NEWLINE"},
      {R"("""a"b""c""")", R"("""a"b""c""" NEWLINE)"},
  });
}

TEST(Lexer, MakesBlocksOfIndentation) {
  check({
      {"if x:\n  y\nz", "if x : NEWLINE INDENT y NEWLINE OUTDENT z NEWLINE"},
      {"if x:\n\ty\n\n\t# note\n\tz\n", "if x : NEWLINE INDENT y NEWLINE z NEWLINE OUTDENT"},
      {"a:\n b:\n  c", "a : NEWLINE INDENT b : NEWLINE INDENT c NEWLINE OUTDENT OUTDENT"},
      {"f(\n  1,\n    2)\n", "f ( 1 , 2 ) NEWLINE"},
      {"a = \\\n 1", "a = 1 NEWLINE"},
  });
}

TEST(Lexer, RefusesWithAPlace) {
  check({
      {"if x:\n    y\n  z", "error at 14: unindent does not match any outer indentation level"},
      {"if x:\n\ty\n        z", "error at 17: inconsistent use of tabs and spaces in indentation"},
      {"x = 'a", "error at 4: unexpected EOF in string"},
      {"x = 'a\n'", "error at 4: unexpected newline in string"},
      {"x = 1)", "error at 5: unexpected ')'"},
      {"x = 017", "error at 4: obsolete form of octal literal; use 0o17"},
      {"0x", "error at 0: invalid hex literal"},
      {"1e", "error at 0: invalid float literal"},
      {"1a", "error at 0: invalid int literal"},
      {"1__0", "error at 0: invalid int literal"},
      {"a ? b", "error at 2: unexpected input character '?'"},
      {"!a", "error at 0: unexpected input character '!'"},
      {"a \\ b", "error at 2: stray backslash in program"},
      {"print(“a”)", "error at 6: unexpected input character U+201C"},
  });
}

}  // namespace
}  // namespace larkspur::starlark
