// Source text to tokens, with Python's indentation rules: blocks become kIndent and kOutdent, line
// breaks inside brackets vanish. The first error ends the input: it is put into Errors and from
// then on every token is kEndOfFile.
//
// An f-string is read piece by piece, since it holds expressions: after a kFString token the parser
// calls read_fstring_text() and, between the pieces, next() as usual.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "starlark/syntax/arena.h"
#include "starlark/syntax/errors.h"
#include "starlark/syntax/names.h"
#include "starlark/syntax/parser.h"
#include "starlark/syntax/token.h"

namespace larkspur::starlark {

// The error that has read all that was left.
inline constexpr char kEndInString[] = "unexpected EOF in string";

// What a word is: a keyword, a word of Python that no script may use (kReserved), or kIdentifier.
TokenKind word_kind(std::string_view word);

class Lexer {
 public:
  // `source` is valid UTF-8 below 4 GiB and outlives the lexer and the tokens.
  Lexer(std::string_view source, Names& names, Arena& arena, Errors& errors,
        const ParseOptions& options = {});

  Token next();

  // How an f-string was opened; kept by the parser, since they nest.
  struct FString {
    char quote = '"';
    bool triple = false;
    bool raw = false;
    std::uint32_t begin = 0;
  };
  // After a kFString token.
  FString fstring_style(const Token& token) const;

  enum class PieceEnd : std::uint8_t { kQuote, kOpenBrace, kCloseBrace, kError };
  struct Piece {
    std::string_view text;  // decoded
    PieceEnd end = PieceEnd::kError;
  };
  // Text up to the closing quote or the { of a replacement field, both consumed.
  Piece read_fstring_text(const FString& style) { return read_piece(style, false); }
  // The same for a format spec: up to its } or to a { that opens a nested field.
  Piece read_format_spec(const FString& style) { return read_piece(style, true); }

  std::uint32_t position() const { return position_; }  // behind what was read last
  bool failed() const { return failed_; }
  // No more tokens: what comes after an error is not looked at ...
  void stop() { failed_ = true; }
  // ... but from here on, the begin of a line that is not indented.
  void restart(std::uint32_t position);

  std::string_view text(const Token& token) const {
    return source_.substr(token.offset, token.end - token.offset);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return position_ + ahead < source_.size() ? source_[position_ + ahead] : '\0';
  }
  bool at_end() const { return position_ >= source_.size(); }
  Token token(TokenKind kind, std::uint32_t begin) const { return {kind, begin, position_, 0}; }
  Token fail(std::uint32_t offset, std::string message, std::string hint = {});

  bool read_indentation(Token* out);
  bool skip_space();
  Token end_of_file();
  Token read_word();
  Token read_string(std::uint32_t begin);
  Token read_number();
  Token read_punctuation();
  Token close(TokenKind kind, std::uint32_t begin, char c);
  Token bad_character();
  Piece read_piece(const FString& style, bool spec);

  std::string_view source_;
  std::uint32_t begin_;
  bool strict_;
  bool assert_is_name_;
  Names& names_;
  Arena& arena_;
  Errors& errors_;
  std::uint32_t position_;
  std::uint32_t depth_ = 0;  // open brackets
  bool line_begin_ = true;
  bool failed_ = false;
  std::uint32_t outdents_ = 0;  // kOutdent tokens that are due
  struct Indentation {
    std::uint32_t columns = 0;  // tabs reach to the next multiple of 8 ...
    std::uint32_t bytes = 0;    // ... or count 1: both must agree, so that no mixture is ambiguous
  };
  std::vector<Indentation> indents_;
};

}  // namespace larkspur::starlark
