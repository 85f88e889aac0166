// Where string literals end, and the pieces of f-strings.
#include <string>

#include "starlark/syntax/lexer.h"
#include "starlark/syntax/literals.h"

namespace larkspur::starlark {

Lexer::FString Lexer::fstring_style(const Token& token) const {
  const std::string_view opening = text(token);
  FString style{.quote = opening.back(), .triple = false, .raw = false, .begin = token.offset};
  style.raw = opening.find_first_of("rR") != std::string_view::npos;
  style.triple = opening.size() > 3;
  return style;
}

// position_ is at the opening quote; the literal with its prefix begins at `begin`.
Token Lexer::read_string(std::uint32_t begin) {
  bool bytes = false;
  bool fstring = false;
  for (std::uint32_t i = begin; i < position_; ++i) {
    const char c = static_cast<char>(source_[i] | 0x20);
    bytes |= c == 'b';
    fstring |= c == 'f';
  }
  const char quote = peek();
  const bool triple = peek(1) == quote && peek(2) == quote;
  position_ += triple ? 3 : 1;
  if (fstring) return token(TokenKind::kFString, begin);

  const char stops[] = {quote, '\\', '\n', '\0'};
  for (;;) {
    const std::size_t stop = source_.find_first_of(std::string_view(stops, 3), position_);
    if (stop == std::string_view::npos) return fail(begin, kEndInString);
    position_ = static_cast<std::uint32_t>(stop) + 1;
    const char c = source_[stop];
    if (c == '\\') {
      if (at_end()) return fail(begin, kEndInString);
      ++position_;
    } else if (c == '\n') {
      if (!triple) {
        return fail(begin, "unexpected newline in string",
                    R"(close the string on its line, or use """...""" for several lines)");
      }
    } else if (!triple) {
      break;
    } else if (peek() == quote && peek(1) == quote) {
      position_ += 2;
      break;
    }
  }
  return token(bytes ? TokenKind::kBytes : TokenKind::kString, begin);
}

Lexer::Piece Lexer::read_piece(const FString& style, bool spec) {
  if (failed_) return {};
  const std::uint32_t begin = position_;
  bool doubled = false;
  std::uint32_t end = 0;
  Piece piece;
  for (;; ++position_) {
    if (at_end()) return fail(style.begin, kEndInString), Piece{};
    const char c = peek();
    end = position_;
    if (c == '\\') {
      ++position_;
    } else if (c == '\n' && !style.triple) {
      return fail(style.begin, "unexpected newline in string"), Piece{};
    } else if (c == style.quote && (!style.triple || (peek(1) == c && peek(2) == c))) {
      if (spec) return fail(end, "unexpected end of f-string, want '}'"), Piece{};
      position_ += style.triple ? 3 : 1;
      piece.end = PieceEnd::kQuote;
      break;
    } else if (c == '{' && peek(1) == '{' && !spec) {
      ++position_;
      doubled = true;
    } else if (c == '{') {
      ++position_;
      ++depth_;
      piece.end = PieceEnd::kOpenBrace;
      break;
    } else if (c == '}' && spec) {
      ++position_;
      --depth_;
      piece.end = PieceEnd::kCloseBrace;
      break;
    } else if (c == '}') {
      if (peek(1) != '}')
        return fail(end, "single '}' in f-string", "write }} for a brace"), Piece{};
      ++position_;
      doubled = true;
    }
  }

  std::string_view raw = source_.substr(begin, end - begin);
  if (doubled) {
    std::string single;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      single += raw[i];
      if (raw[i] == '{' || raw[i] == '}') ++i;
    }
    raw = arena_.copy(single);
  }
  const auto decoded = decode_string(raw, {.raw = style.raw}, begin, arena_, errors_);
  if (!decoded) {
    failed_ = true;
    return {};
  }
  piece.text = *decoded;
  return piece;
}

}  // namespace larkspur::starlark
