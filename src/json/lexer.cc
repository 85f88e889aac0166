#include "json/lexer.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "json/bytes.h"

namespace larkspur::json::internal {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// 0 to 15, or -1.
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_high_surrogate(unsigned unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low_surrogate(unsigned unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

void append_utf8(unsigned point, std::string& out) {
  const auto put = [&out](unsigned byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

unsigned hex4(const char* digits) {
  unsigned unit = 0;
  for (int i = 0; i < 4; ++i) unit = unit << 4 | static_cast<unsigned>(hex_value(digits[i]));
  return unit;
}

}  // namespace

void Lexer::skip_plain() {
  const char* const text = text_.data();
  const std::size_t size = text_.size();
  while (size - at_ >= sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, text + at_, sizeof word);
    if (const std::uint64_t special = special_bytes(word)) {
      at_ += static_cast<std::size_t>(std::countr_zero(special)) / 8;
      return;
    }
    at_ += sizeof word;
  }
  while (at_ < size && !is_special(text[at_])) ++at_;
}

bool Lexer::string(bool& escaped) {
  escaped = false;
  advance();
  for (;;) {
    skip_plain();
    if (at_end()) return fail("expected '\"' at the end of the string");
    const char c = peek();
    if (c == '"') {
      advance();
      return true;
    }
    if (c != '\\') return fail("control characters in strings must be escaped");
    escaped = true;
    if (!escape()) return false;
  }
}

bool Lexer::escape() {
  const std::size_t start = at_;
  advance();
  switch (peek()) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      advance();
      return true;
    case 'u':
      break;
    default:
      return fail("expected one of \" \\ / b f n r t u after the backslash");
  }
  unsigned unit = 0;
  if (!unicode_escape(unit)) return false;
  bool paired = !is_low_surrogate(unit);
  if (is_high_surrogate(unit)) {
    paired = false;
    if (text_.substr(at_).starts_with("\\u")) {
      advance();
      if (!unicode_escape(unit)) return false;
      paired = is_low_surrogate(unit);
    }
  }
  if (paired) return true;
  at_ = start;
  return fail("a surrogate escape without its other half is no character");
}

bool Lexer::unicode_escape(unsigned& unit) {
  advance();  // the u
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(peek());
    if (digit < 0) return fail("expected four hexadecimal digits after \\u");
    unit = unit << 4 | static_cast<unsigned>(digit);
    advance();
  }
  return true;
}

bool Lexer::digits() {
  if (!is_digit(peek())) return fail("expected a digit");
  while (is_digit(peek())) advance();
  return true;
}

bool Lexer::number() {
  if (peek() == '-') advance();
  if (peek() == '0') {
    advance();
    if (is_digit(peek())) return fail("numbers have no leading zeros");
  } else if (!digits()) {
    return false;
  }
  if (peek() == '.') {
    advance();
    if (!digits()) return false;
  }
  if (peek() == 'e' || peek() == 'E') {
    advance();
    if (peek() == '+' || peek() == '-') advance();
    if (!digits()) return false;
  }
  return true;
}

bool Lexer::literal(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return fail("expected a value");
  at_ += word.size();
  return true;
}

void unescape(std::string_view literal, std::string& out) {
  const char* at = literal.data() + 1;
  const char* const end = literal.data() + literal.size() - 1;
  while (at < end) {
    const void* const found = std::memchr(at, '\\', static_cast<std::size_t>(end - at));
    const char* const backslash = found == nullptr ? end : static_cast<const char*>(found);
    out.append(at, backslash);
    if (backslash == end) return;
    at = backslash + 2;
    switch (backslash[1]) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        unsigned point = hex4(at);
        at += 4;
        if (is_high_surrogate(point)) {
          point = 0x10000 + ((point - 0xD800) << 10) + (hex4(at + 2) - 0xDC00);
          at += 6;
        }
        append_utf8(point, out);
        break;
      }
      default:  // quote, backslash, slash
        out += backslash[1];
    }
  }
}

}  // namespace larkspur::json::internal
