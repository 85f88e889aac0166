#include "starlark/syntax/token_list.h"

#include "starlark/syntax/lexer.h"

namespace larkspur::starlark {
namespace {

class TokenLister {
 public:
  explicit TokenLister(std::string_view source) : lexer_(source, names_, arena_, errors_) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    do {
      tokens.push_back(lexer_.next());
      if (tokens.back().kind == TokenKind::kFString) {
        skip_fstring(tokens.back());
        tokens.back().end = lexer_.position();
      }
    } while (tokens.back().kind != TokenKind::kEndOfFile);
    return tokens;
  }

 private:
  // Strings nest in fields no deeper than the parser allowed.
  void skip_fstring(const Token& token) {
    const Lexer::FString style = lexer_.fstring_style(token);
    while (lexer_.read_fstring_text(style).end == Lexer::PieceEnd::kOpenBrace) skip_field(style);
  }

  // From behind the { of a field to behind its }.
  void skip_field(const Lexer::FString& style) {
    using enum TokenKind;
    int depth = 0;
    int lambdas = 0;
    for (;;) {
      const Token token = lexer_.next();
      switch (token.kind) {
        case kFString:
          skip_fstring(token);
          break;
        case kLeftParen:
        case kLeftBracket:
        case kLeftBrace:
          ++depth;
          break;
        case kRightParen:
        case kRightBracket:
          --depth;
          break;
        case kRightBrace:
          if (depth-- == 0) return;
          break;
        case kLambda:
          lambdas += depth == 0 ? 1 : 0;
          break;
        case kColon:
          if (depth > 0 || (lambdas > 0 && lambdas-- > 0)) break;
          while (lexer_.read_format_spec(style).end == Lexer::PieceEnd::kOpenBrace)
            skip_field(style);
          return;
        case kEndOfFile:
          return;
        default:
          break;
      }
    }
  }

  Names names_;
  Arena arena_;
  Errors errors_;
  Lexer lexer_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view source) {
  return TokenLister(source).run();
}

}  // namespace larkspur::starlark
