#include "starlark/syntax/literals.h"

#include <charconv>
#include <system_error>

namespace larkspur::starlark {
namespace {

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&](std::uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

// One literal with escapes on its way into `out`.
class Unescaper {
 public:
  Unescaper(std::string_view raw, StringStyle style, std::uint32_t offset, Errors& errors)
      : raw_(raw), style_(style), offset_(offset), errors_(errors) {}

  bool run(std::string& out) {
    out.reserve(raw_.size());
    while (position_ < raw_.size()) {
      const char c = raw_[position_];
      if (c == '\r' && raw_.substr(position_ + 1, 1) == "\n") {
        ++position_;
      } else if (c != '\\' || style_.raw) {
        out += c;
        ++position_;
      } else if (!escape(out)) {
        return false;
      }
    }
    return true;
  }

 private:
  bool fail(std::string message, std::string hint = {}) {
    errors_.add(offset_ + static_cast<std::uint32_t>(position_), std::move(message),
                std::move(hint));
    return false;
  }

  // The escape at position_, which is a backslash.
  bool escape(std::string& out) {
    const char c = position_ + 1 < raw_.size() ? raw_[position_ + 1] : '\0';
    static constexpr std::string_view kSimple = "abfnrtv\\'\"";
    static constexpr std::string_view kMeaning = "\a\b\f\n\r\t\v\\'\"";
    if (const std::size_t i = kSimple.find(c); i != std::string_view::npos) {
      out += kMeaning[i];
      position_ += 2;
      return true;
    }
    switch (c) {
      case '\n':
        position_ += 2;
        return true;
      case '\r':
        position_ += raw_.substr(position_ + 2, 1) == "\n" ? 3 : 2;
        return true;
      case 'x':
        return number(out, 2, 2, 16);
      case 'u':
        return number(out, 2, 4, 16);
      case 'U':
        return number(out, 2, 8, 16);
      default:
        break;
    }
    if (c >= '0' && c <= '7') return number(out, 1, 3, 8);
    const std::size_t length = static_cast<unsigned char>(c) < 0x80 ? 1 : 0;
    return fail("invalid escape sequence \\" + std::string(raw_.substr(position_ + 1, length)),
                R"(write \\ for a backslash, or a raw string: r"...")");
  }

  // An escape of at most `most` digits that begin `skip` bytes after the backslash.
  bool number(std::string& out, std::size_t skip, std::size_t most, int base) {
    const std::string_view digits = raw_.substr(position_ + skip, most);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value, base);
    const auto used = static_cast<std::size_t>(end - digits.begin());
    const std::string text(raw_.substr(position_, skip + used));
    if (base == 16 && used < most) {
      return fail(
          (digits.size() < most ? "truncated escape sequence " : "invalid escape sequence ") +
          text);
    }
    const bool code_point = base == 16 && most > 2;
    if (!code_point && value > (style_.bytes ? 0xFF : 0x7F)) {
      if (style_.bytes) return fail("octal escape out of range: " + text);
      return fail("non-ASCII " + std::string(base == 16 ? "hex" : "octal") + " escape " + text,
                  "write the character itself, or \\uXXXX for its code point");
    }
    if (code_point && (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))) {
      return fail("invalid Unicode code point in escape " + text);
    }
    if (code_point) {
      append_utf8(out, value);
    } else {
      out += static_cast<char>(value);
    }
    position_ += skip + used;
    return true;
  }

  std::string_view raw_;
  StringStyle style_;
  std::uint32_t offset_;
  Errors& errors_;
  std::size_t position_ = 0;
};

// `text` without its underscores.
std::string_view without_underscores(std::string_view text, Arena& arena) {
  if (text.find('_') == std::string_view::npos) return text;
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  return arena.copy(digits);
}

}  // namespace

std::optional<std::string_view> decode_string(std::string_view raw, StringStyle style,
                                              std::uint32_t offset, Arena& arena, Errors& errors) {
  const bool plain = style.raw ? raw.find('\r') == std::string_view::npos
                               : raw.find_first_of("\\\r") == std::string_view::npos;
  if (plain) return raw;
  std::string text;
  if (!Unescaper(raw, style, offset, errors).run(text)) return std::nullopt;
  return arena.copy(text);
}

Number decode_number(std::string_view text, Arena& arena) {
  text = without_underscores(text, arena);
  Number number;
  const char prefix = text.size() > 2 ? static_cast<char>(text[1] | 0x20) : '\0';
  const bool based = text[0] == '0' && (prefix == 'x' || prefix == 'o' || prefix == 'b');
  if (!based && text.find_first_of(".eE") != std::string_view::npos) {
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number.real);
    // Too small is 0, or nearly; too large is an error.
    const bool underflow =
        error == std::errc::result_out_of_range && text.find('-') != std::string_view::npos;
    if (underflow) number.real = 0;
    if (error == std::errc() || underflow) number.kind = Number::Kind::kFloat;
    return number;
  }
  const int base = !based ? 10 : prefix == 'x' ? 16 : prefix == 'o' ? 8 : 2;
  const std::string_view digits = based ? text.substr(2) : text;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number.integer, base);
  number.kind = error == std::errc() ? Number::Kind::kInt : Number::Kind::kBigInt;
  number.digits = text;
  return number;
}

}  // namespace larkspur::starlark
