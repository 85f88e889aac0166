// f"text {value!r:>10} text": the lexer gives the texts, the parser reads what is between the
// braces.
#include <string>

#include "starlark/syntax/parser_impl.h"

namespace larkspur::starlark {

Expr* Parser::parse_fstring() {
  const Nest nest(*this);
  const std::uint32_t offset = token_.offset;
  const Lexer::FString style = lexer_.fstring_style(token_);
  Gather<FStringPart> parts(parts_);
  for (;;) {
    const Lexer::Piece piece = lexer_.read_fstring_text(style);
    if (!piece.text.empty()) parts.add({.text = piece.text});
    if (piece.end != Lexer::PieceEnd::kOpenBrace) break;
    FStringPart field;
    advance();
    field.value = parse_field(style, field);
    if (failed_ || lexer_.failed()) break;
    parts.add(field);
  }
  advance();
  return make(FStringExpr{{ExprKind::kFString, offset}, parts.finish(arena_)});
}

// After the brace; afterwards the lexer stands behind the closing brace, and token_ is that brace.
Expr* Parser::parse_field(const Lexer::FString& style, FStringPart& part) {
  if (at(TokenKind::kRightBrace)) {
    fail(token_.offset, "f-string: nothing between { and }", "write {{}} for braces");
    return bad();
  }
  Expr* value = parse_expression();
  if (at(TokenKind::kBang)) {
    advance();
    const std::string_view name =
        at(TokenKind::kIdentifier) ? lexer_.text(token_) : std::string_view();
    if (name != "r" && name != "s") {
      fail(token_.offset, "f-string: unknown conversion", "write {x!r} or {x!s}");
      return bad();
    }
    part.conversion = name[0];
    advance();
  }
  if (at(TokenKind::kColon)) {
    part.spec = parse_format_spec(style);
  } else if (!at(TokenKind::kRightBrace)) {
    expect(TokenKind::kRightBrace);
  }
  return value;
}

// The lexer stands behind the colon. The spec may hold fields itself: {x:>{width}}.
Expr* Parser::parse_format_spec(const Lexer::FString& style) {
  const Nest nest(*this);
  const std::uint32_t offset = token_.offset;
  Gather<FStringPart> parts(parts_);
  for (;;) {
    const Lexer::Piece piece = lexer_.read_format_spec(style);
    if (!piece.text.empty()) parts.add({.text = piece.text});
    if (piece.end != Lexer::PieceEnd::kOpenBrace) break;
    FStringPart field;
    advance();
    field.value = parse_field(style, field);
    if (failed_ || lexer_.failed()) break;
    parts.add(field);
  }
  const auto items = parts.items();
  if (items.empty()) return nullptr;
  if (items.size() == 1 && items[0].value == nullptr)
    return make_text(ExprKind::kString, offset, items[0].text);
  return make(FStringExpr{{ExprKind::kFString, offset}, parts.finish(arena_)});
}

}  // namespace larkspur::starlark
