#include "json/writer.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/text.h"
#include "json/bytes.h"

namespace larkspur::json {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// What stands for `c` in a string: "" where it may stand for itself, "u" where it needs \u00XX.
constexpr std::string_view escape_of(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return static_cast<unsigned char>(c) < 0x20 ? "u" : "";
  }
}

void append_escaped(std::string_view text, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::size_t plain = 0;  // from here on nothing has been copied yet
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    const std::string_view escape = escape_of(c);
    if (escape != "u") {
      out += escape;
    } else {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  out.append(text, plain);
}

// Each byte that is part of no valid sequence becomes one U+FFFD.
std::string repaired(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (length <= 4 && !is_valid_utf8(text.substr(i, length))) ++length;
    const bool valid = length <= 4;
    out += valid ? text.substr(i, length) : kReplacement;
    i += valid ? length : 1;
  }
  return out;
}

template <class Word>
std::uint64_t word_at(const char* text) {
  Word word;
  std::memcpy(&word, text, sizeof word);
  return word;
}

bool is_plain_word(std::uint64_t word) {
  return internal::special_bytes(word) == 0 && (word & internal::repeat(0x80)) == 0;
}

// Stands for itself between quotes: ASCII with nothing to escape, as most keys and values are. What
// is left of less than a word is looked at together with what comes before it, or twice.
bool is_plain(std::string_view text) {
  const std::size_t size = text.size();
  const char* const begin = text.data();
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 <= size; i += 8) {
      if (!is_plain_word(word_at<std::uint64_t>(begin + i))) return false;
    }
    return is_plain_word(word_at<std::uint64_t>(begin + size - 8));
  }
  if (size >= 4) {
    return is_plain_word(word_at<std::uint32_t>(begin) | word_at<std::uint32_t>(begin + size - 4)
                                                             << 32);
  }
  if (size == 0) return true;
  const auto byte = [begin](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(begin[i])};
  };
  constexpr std::uint64_t kBlanks = internal::repeat(' ') << 24;
  return is_plain_word(kBlanks | byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16);
}

void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  if (is_plain(text)) {
    out += text;
  } else if (is_valid_utf8(text)) {
    append_escaped(text, out);
  } else {
    append_escaped(repaired(text), out);
  }
  out += '"';
}

template <class Number>
void append_number(Number value, std::string& out) {
  std::array<char, 32> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  assert(error == std::errc{});
  out.append(digits.data(), end);
}

}  // namespace

void Writer::before_value() {
  assert((open_.empty() || open_.back() == '[' || after_key_) &&
         "a value in an object needs a key");
  assert((!open_.empty() || out_.empty()) && "one text holds one value");
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
  after_key_ = false;
}

void Writer::open(char bracket) {
  before_value();
  out_ += bracket;
  open_ += bracket;
  needs_comma_ = false;
}

void Writer::close([[maybe_unused]] char opened_by, char bracket) {
  assert(!open_.empty() && open_.back() == opened_by && !after_key_);
  open_.pop_back();
  out_ += bracket;
  needs_comma_ = true;
}

Writer& Writer::begin_object() {
  open('{');
  return *this;
}

Writer& Writer::end_object() {
  close('{', '}');
  return *this;
}

Writer& Writer::begin_array() {
  open('[');
  return *this;
}

Writer& Writer::end_array() {
  close('[', ']');
  return *this;
}

Writer& Writer::key(std::string_view name) {
  assert(!open_.empty() && open_.back() == '{' && !after_key_ && "a key belongs into an object");
  if (needs_comma_) out_ += ',';
  append_quoted(name, out_);
  out_ += ':';
  needs_comma_ = false;
  after_key_ = true;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  before_value();
  append_quoted(text, out_);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  before_value();
  append_number(value, out_);
  return *this;
}

Writer& Writer::number(double value) {
  before_value();
  if (std::isfinite(value)) {
    append_number(value, out_);
  } else {
    out_ += "null";
  }
  return *this;
}

Writer& Writer::boolean(bool value) {
  before_value();
  out_ += value ? "true" : "false";
  return *this;
}

Writer& Writer::null() {
  before_value();
  out_ += "null";
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  assert(!json.empty());
  before_value();
  out_ += json;
  return *this;
}

std::string quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(text, out);
  return out;
}

}  // namespace larkspur::json
