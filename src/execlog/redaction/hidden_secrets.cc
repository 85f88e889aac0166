#include "execlog/redaction/hidden_secrets.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "execlog/redaction/redaction.h"

namespace larkspur::execlog {

namespace {

constexpr std::string_view kMarker = "[REDACTED]";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

std::size_t backslashes_before(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (count < at && text[at - count - 1] == '\\') ++count;
  return count;
}

// The name in front of the colon or equals sign at `sign`, and how many backslashes its quotes
// have.
struct Name {
  std::string_view text;
  std::size_t backslashes = 0;
};

Name name_before(std::string_view text, std::size_t sign) {
  std::size_t end = sign;
  while (end > 0 && is_blank(text[end - 1])) --end;
  Name name;
  if (end > 0 && (text[end - 1] == '"' || text[end - 1] == '\'')) {
    --end;
    name.backslashes = backslashes_before(text, end);
    end -= name.backslashes;
  }
  std::size_t begin = end;
  while (begin > 0 && is_name(text[begin - 1])) --begin;
  name.text = text.substr(begin, end - begin);
  return name;
}

// Behind the bracket that closes the one at `open`; the text's end where none does. A quote of the
// same level has as many backslashes before it as the name's.
std::size_t end_of_compound(std::string_view text, std::size_t open, std::size_t backslashes) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = open; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && backslashes_before(text, i) == backslashes) in_string = !in_string;
    if (in_string) continue;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i + 1;
  }
  return text.size();
}

constexpr std::size_t kLongWord = 24;        // 18 bytes of text
constexpr std::size_t kMaxWord = 64 * 1024;  // what is longer is data, not a credential

// The six bits of a character of base64 or base64url; -1 for others.
constexpr int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 || c == '\n' || c == '\r' || c == '\t';
}

// What the word says; nothing where that is no text.
std::optional<std::string> decoded(std::string_view word) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : word) {
    bits = bits << 6 | static_cast<std::uint32_t>(sextet(c));
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
    if (!is_text(bytes.back())) return std::nullopt;  // soon, for everything that is not base64
  }
  if (!is_valid_utf8(bytes)) return std::nullopt;
  return bytes;
}

}  // namespace

bool redact_compounds(std::string& text) {
  bool changed = false;
  for (std::size_t at = 0; (at = text.find_first_of(":=", at)) != std::string::npos; ++at) {
    std::size_t open = at + 1;
    while (open < text.size() && is_blank(text[open])) ++open;
    if (open == text.size() || (text[open] != '{' && text[open] != '[')) continue;
    if (std::string_view(text).substr(open).starts_with(kMarker)) continue;
    const Name name = name_before(text, at);
    if (name.text.empty() || !names_a_secret(name.text)) continue;
    const std::size_t end = end_of_compound(text, open, name.backslashes);
    const std::string quote = std::string(name.backslashes, '\\') + '"';
    const bool quoted =
        at > 0 && text.compare(at - std::min(at, quote.size()), quote.size(), quote) == 0;
    const std::string value = quoted ? quote + std::string(kMarker) + quote : std::string(kMarker);
    text.replace(open, end - open, value);
    at = open + value.size() - 1;
    changed = true;
  }
  return changed;
}

bool has_long_word(const std::string& text) {
  std::size_t length = 0;
  for (const char c : text) {
    length = sextet(c) >= 0 ? length + 1 : 0;
    if (length == kLongWord) return true;
  }
  return false;
}

bool redact_encoded(std::string& text) {
  bool changed = false;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && sextet(text[end]) >= 0) ++end;
    const std::size_t length = end - begin;
    if (length >= kLongWord && length <= kMaxWord) {
      std::optional<std::string> said = decoded(std::string_view(text).substr(begin, length));
      if (said && redact(*said)) {
        while (end < text.size() && text[end] == '=') ++end;
        text.replace(begin, end - begin, kMarker);
        end = begin + kMarker.size();
        changed = true;
      }
    }
    begin = end + 1;
  }
  return changed;
}

}  // namespace larkspur::execlog
