#include "starlark/syntax/lexer.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "starlark/syntax/literals.h"

namespace larkspur::starlark {
namespace {

enum CharClass : std::uint8_t { kOther, kLetter, kDigit };

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80)
      classes[c] = kLetter;
    if (c >= '0' && c <= '9') classes[c] = kDigit;
  }
  return classes;
}();

CharClass class_of(char c) {
  return CharClass{kClasses[static_cast<unsigned char>(c)]};
}
bool is_word(char c) {
  return class_of(c) != kOther;
}

struct Keyword {
  std::string_view text;
  TokenKind kind;
};

constexpr Keyword kKeywords[] = {
#define TOKEN(name, text)
#define PUNCTUATION(name, text)
#define KEYWORD(name, text) {text, TokenKind::k##name},
#include "starlark/syntax/tokens.def"
#undef TOKEN
#undef PUNCTUATION
#undef KEYWORD
    // Words of Python that no script may use as a name, so that a message can say what to do
    // instead.
    {"as", TokenKind::kReserved},     {"assert", TokenKind::kReserved},
    {"async", TokenKind::kReserved},  {"await", TokenKind::kReserved},
    {"class", TokenKind::kReserved},  {"del", TokenKind::kReserved},
    {"except", TokenKind::kReserved}, {"finally", TokenKind::kReserved},
    {"from", TokenKind::kReserved},   {"global", TokenKind::kReserved},
    {"import", TokenKind::kReserved}, {"nonlocal", TokenKind::kReserved},
    {"raise", TokenKind::kReserved},  {"try", TokenKind::kReserved},
    {"with", TokenKind::kReserved},   {"yield", TokenKind::kReserved},
};
constexpr std::size_t kLongestKeyword = 8;

// The keywords by their first letter: most names are told apart by that and their length.
struct KeywordIndex {
  std::array<std::array<std::uint8_t, 6>, 26> by_letter{};  // positions in kKeywords, plus 1
};

constexpr KeywordIndex kKeywordIndex = [] {
  KeywordIndex index;
  for (std::size_t k = 0; k < std::size(kKeywords); ++k) {
    auto& bucket = index.by_letter[kKeywords[k].text[0] - 'a'];
    std::size_t free = 0;
    while (bucket[free] != 0) ++free;
    bucket[free] = static_cast<std::uint8_t>(k + 1);
  }
  return index;
}();

}  // namespace

TokenKind word_kind(std::string_view word) {
  if (word.size() < 2 || word.size() > kLongestKeyword || word[0] < 'a' || word[0] > 'z') {
    return TokenKind::kIdentifier;
  }
  for (const std::uint8_t k : kKeywordIndex.by_letter[word[0] - 'a']) {
    if (k == 0) break;
    if (kKeywords[k - 1].text == word) return kKeywords[k - 1].kind;
  }
  return TokenKind::kIdentifier;
}

namespace {

// The code point that begins at `position` of valid UTF-8, and its length.
std::pair<char32_t, std::size_t> code_point(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[position + i]));
  };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first < 0xF0) return {(first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
          4};
}

// Spaces, quotes and other signs that look like ASCII ones and are pasted by accident.
bool is_foreign_punctuation(char32_t c) {
  return (c >= 0x80 && c < 0xC0) || c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c < 0x2070) ||
         (c >= 0x2190 && c < 0x2400) || (c >= 0x3000 && c < 0x3020) ||
         (c >= 0xFF00 && c < 0xFF21) || c == 0xFEFF;
}

std::string hex(char32_t c) {
  std::string out;
  for (int shift = 20; shift >= 0; shift -= 4) {
    const unsigned digit = (c >> shift) & 15;
    if (!out.empty() || digit != 0 || shift < 16) out += "0123456789ABCDEF"[digit];
  }
  return out;
}

}  // namespace

Lexer::Lexer(std::string_view source, Names& names, Arena& arena, Errors& errors,
             const ParseOptions& options)
    : source_(source),
      begin_(options.begin),
      strict_(options.strict),
      assert_is_name_(options.assert_is_name),
      names_(names),
      arena_(arena),
      errors_(errors),
      position_(begin_),
      indents_(1) {
  if (source_.substr(begin_).starts_with("\xEF\xBB\xBF")) position_ += 3;
}

void Lexer::restart(std::uint32_t position) {
  position_ = position;
  depth_ = 0;
  outdents_ = 0;
  indents_.resize(1);
  line_begin_ = true;
  failed_ = false;
}

Token Lexer::fail(std::uint32_t offset, std::string message, std::string hint) {
  if (!failed_) errors_.add(offset, std::move(message), std::move(hint));
  failed_ = true;
  position_ = static_cast<std::uint32_t>(source_.size());
  return {TokenKind::kEndOfFile, offset, offset, 0};
}

Token Lexer::next() {
  if (failed_) return {TokenKind::kEndOfFile, position_, position_, 0};
  if (outdents_ > 0) {
    --outdents_;
    return token(TokenKind::kOutdent, position_);
  }
  if (line_begin_) {
    Token indentation;
    if (read_indentation(&indentation)) return indentation;
  }
  if (!skip_space()) return fail(position_, "stray backslash in program");
  if (at_end()) return end_of_file();
  const char c = peek();
  if (class_of(c) == kLetter) return read_word();
  if (class_of(c) == kDigit) return read_number();
  if (c == '.' && class_of(peek(1)) == kDigit) return read_number();
  if (c == '"' || c == '\'') return read_string(position_);
  if (c == '\n') {
    const std::uint32_t begin = position_++;
    line_begin_ = true;
    return token(TokenKind::kNewline, begin);
  }
  return read_punctuation();
}

// At the begin of a line: passes blank lines and comments, then compares the indentation of the
// first line that has code with that of the block. True when that makes a token.
bool Lexer::read_indentation(Token* out) {
  Indentation here;
  for (;; here = {}) {
    for (;; ++position_) {
      if (peek() == ' ') {
        ++here.columns;
      } else if (peek() == '\t') {
        here.columns += 8 - here.columns % 8;
      } else {
        break;
      }
      ++here.bytes;
    }
    if (peek() == '#') position_ = std::min(source_.find('\n', position_), source_.size());
    if (peek() == '\r' && peek(1) == '\n') ++position_;
    if (peek() != '\n') break;
    ++position_;
  }
  if (at_end()) return false;  // still at the begin of a line: end_of_file() adds no newline
  line_begin_ = false;

  const std::uint32_t begin = position_;
  const Indentation& block = indents_.back();
  if (here.columns > block.columns && here.bytes > block.bytes) {
    indents_.push_back(here);
    *out = token(TokenKind::kIndent, begin);
    return true;
  }
  while (indents_.back().columns > here.columns && indents_.back().bytes > here.bytes) {
    indents_.pop_back();
    ++outdents_;
  }
  if (indents_.back().columns != here.columns) {
    const bool unclear =
        (indents_.back().columns > here.columns) != (indents_.back().bytes > here.bytes);
    *out = unclear ? fail(begin, "inconsistent use of tabs and spaces in indentation",
                          "indent with spaces only")
                   : fail(begin, "unindent does not match any outer indentation level",
                          "give every line of a block the same indentation");
    return true;
  }
  if (indents_.back().bytes != here.bytes) {
    *out = fail(begin, "inconsistent use of tabs and spaces in indentation",
                "indent with spaces only");
    return true;
  }
  if (outdents_ == 0) return false;
  --outdents_;
  *out = token(TokenKind::kOutdent, begin);
  return true;
}

// Passes what means nothing inside a line. False at a backslash that does not end its line.
bool Lexer::skip_space() {
  for (;;) {
    switch (peek()) {
      case ' ':
      case '\t':
        ++position_;
        continue;
      case '\r':
        if (peek(1) != '\n') return true;
        ++position_;
        continue;
      case '\n':
        if (depth_ == 0) return true;
        ++position_;
        continue;
      case '#':
        position_ = std::min(source_.find('\n', position_), source_.size());
        continue;
      case '\\': {
        const std::uint32_t line_break = peek(1) == '\r' ? 2 : 1;
        if (peek(line_break) != '\n') return false;
        position_ += line_break + 1;
        continue;
      }
      default:
        return true;
    }
  }
}

Token Lexer::end_of_file() {
  // The last line counts as ended, whether it is or not; then the open blocks end.
  if (!line_begin_ && depth_ == 0) {
    line_begin_ = true;
    if (position_ > begin_) return token(TokenKind::kNewline, position_);
  }
  if (indents_.size() > 1 && depth_ == 0) {
    outdents_ = static_cast<std::uint32_t>(indents_.size()) - 2;
    indents_.resize(1);
    return token(TokenKind::kOutdent, position_);
  }
  // A closing bracket is missed where the text ends, not on the empty line after it.
  std::uint32_t end = position_;
  while (depth_ > 0 && end > begin_ && source_[end - 1] == '\n') --end;
  return {TokenKind::kEndOfFile, end, end, 0};
}

Token Lexer::read_word() {
  const std::uint32_t begin = position_;
  while (is_word(peek())) {
    if (static_cast<unsigned char>(peek()) < 0x80) {
      ++position_;
      continue;
    }
    const auto [c, length] = code_point(source_, position_);
    if (is_foreign_punctuation(c)) {
      if (position_ == begin) return bad_character();
      break;
    }
    position_ += static_cast<std::uint32_t>(length);
  }
  const std::string_view word = source_.substr(begin, position_ - begin);
  if ((peek() == '"' || peek() == '\'') && word.size() <= 2) {
    const std::string_view letters = strict_ ? "rRbB" : "rRbBfF";
    const bool prefix = std::ranges::all_of(
        word, [&](char c) { return letters.find(c) != std::string_view::npos; });
    if (prefix && (word.size() == 1 || (word[0] | 0x20) == 'r' || (word[1] | 0x20) == 'r')) {
      return read_string(begin);
    }
  }
  Token out = token(word_kind(word), begin);
  if (assert_is_name_ && word == "assert") out.kind = TokenKind::kIdentifier;
  if (out.kind == TokenKind::kIdentifier) out.name = names_.intern(word);
  return out;
}

// Delimits a number; what it is worth is decode_number's business.
Token Lexer::read_number() {
  const std::uint32_t begin = position_;
  const auto digits = [this](auto is_digit) {
    const std::uint32_t first = position_;
    while (is_digit(peek()) ||
           (peek() == '_' && !strict_ && position_ > first && is_digit(peek(1))))
      ++position_;
    return position_ > first;
  };
  const auto decimal = [](char c) { return c >= '0' && c <= '9'; };

  const char prefix = peek() == '0' ? static_cast<char>(peek(1) | 0x20) : '\0';
  bool is_float = false;
  if (prefix == 'x' || prefix == 'o' || prefix == 'b') {
    position_ += 2;
    bool good = false;
    if (prefix == 'x') {
      good = digits([](char c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
      });
    } else if (prefix == 'o') {
      good = digits([](char c) { return c >= '0' && c <= '7'; });
    } else {
      good = digits([](char c) { return c == '0' || c == '1'; });
    }
    if (!good || is_word(peek())) {
      const char* const kind = prefix == 'x' ? "hex" : prefix == 'o' ? "octal" : "binary";
      return fail(begin, std::string("invalid ") + kind + " literal");
    }
    return token(TokenKind::kInt, begin);
  }
  digits(decimal);
  if (peek() == '.') {
    is_float = true;
    ++position_;
    digits(decimal);
  }
  if ((peek() | 0x20) == 'e') {
    is_float = true;
    ++position_;
    if (peek() == '+' || peek() == '-') ++position_;
    if (!digits(decimal)) return fail(begin, "invalid float literal");
  }
  if (is_word(peek())) {
    return fail(begin, is_float ? "invalid float literal" : "invalid int literal",
                "a name cannot begin with a digit; leave a space after a number");
  }
  const std::string_view text = source_.substr(begin, position_ - begin);
  if (!is_float && text[0] == '0' && text.find_first_not_of("0_") != std::string_view::npos) {
    const std::string rest(
        text.substr(std::min(text.find_first_not_of("0_"), std::size_t{20})).substr(0, 40));
    return fail(begin, "obsolete form of octal literal; use 0o" + rest,
                "or leave the leading zero out");
  }
  return token(is_float ? TokenKind::kFloat : TokenKind::kInt, begin);
}

Token Lexer::close(TokenKind kind, std::uint32_t begin, char c) {
  if (depth_ == 0)
    return fail(begin, std::string("unexpected '") + c + "'", "no bracket is open here");
  --depth_;
  return token(kind, begin);
}

Token Lexer::read_punctuation() {
  using enum TokenKind;
  const std::uint32_t begin = position_;
  const char c = source_[position_++];
  const auto take = [this](char wanted) {
    if (peek() != wanted) return false;
    ++position_;
    return true;
  };
  const auto or_assign = [&](TokenKind plain, TokenKind assign) {
    return token(take('=') ? assign : plain, begin);
  };
  switch (c) {
    case '(':
      ++depth_;
      return token(kLeftParen, begin);
    case '[':
      ++depth_;
      return token(kLeftBracket, begin);
    case '{':
      ++depth_;
      return token(kLeftBrace, begin);
    case ')':
      return close(kRightParen, begin, c);
    case ']':
      return close(kRightBracket, begin, c);
    case '}':
      return close(kRightBrace, begin, c);
    case ',':
      return token(kComma, begin);
    case ':':
      return token(kColon, begin);
    case ';':
      return token(kSemicolon, begin);
    case '.':
      return token(kDot, begin);
    case '~':
      return token(kTilde, begin);
    case '+':
      return or_assign(kPlus, kPlusAssign);
    case '%':
      return or_assign(kPercent, kPercentAssign);
    case '&':
      return or_assign(kAmpersand, kAmpersandAssign);
    case '|':
      return or_assign(kPipe, kPipeAssign);
    case '^':
      return or_assign(kCaret, kCaretAssign);
    case '=':
      return or_assign(kAssign, kEqual);
    case '-':
      if (take('>')) return token(kArrow, begin);
      return or_assign(kMinus, kMinusAssign);
    case '*':
      if (take('*')) return token(kStarStar, begin);
      return or_assign(kStar, kStarAssign);
    case '/':
      if (take('/')) return or_assign(kSlashSlash, kSlashSlashAssign);
      return or_assign(kSlash, kSlashAssign);
    case '<':
      if (take('<')) return or_assign(kLessLess, kLessLessAssign);
      return or_assign(kLess, kLessEqual);
    case '>':
      if (take('>')) return or_assign(kGreaterGreater, kGreaterGreaterAssign);
      return or_assign(kGreater, kGreaterEqual);
    case '!':
      if (take('=')) return token(kNotEqual, begin);
      if (depth_ > 0 && class_of(peek()) == kLetter && !is_word(peek(1)))
        return token(kBang, begin);
      return fail(begin, "unexpected input character '!'", "write not x, or x != y");
    default:
      position_ = begin;
      return bad_character();
  }
}

Token Lexer::bad_character() {
  const auto [c, length] = code_point(source_, position_);
  if (c < 0x20 || c == 0x7F || c >= 0x80) {
    const bool quote = c >= 0x2018 && c <= 0x201F;
    return fail(position_, "unexpected input character U+" + hex(c),
                quote ? "use straight quotes: \" or '" : "use plain ASCII outside of strings");
  }
  std::string hint;
  if (c == '@') hint = "there are no decorators; write f = decorator(f) after the def";
  if (c == '?') hint = "write a if condition else b";
  if (c == '$') hint = "put values into text with f\"{x}\"";
  if (c == '`') hint = "use \" or ' for strings";
  return fail(position_, std::string("unexpected input character '") + static_cast<char>(c) + "'",
              hint);
}

}  // namespace larkspur::starlark
