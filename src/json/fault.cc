#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "json/lexer.h"

namespace larkspur::json::internal {

namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// What stands at `at`, for people. Never more than one character of the input: it may be secret.
std::string found(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "the end of the text";
  const auto byte = static_cast<unsigned char>(text[at]);
  if (text.substr(at).starts_with("\xEF\xBB\xBF")) return "a byte order mark";
  if (byte < 0x20 || byte >= 0x7F) return fmt::format("byte 0x{:02X}", byte);
  return fmt::format("'{}'", text[at]);
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string_view::npos;
  // Whole windows first, so that a bad byte at the end of a large text costs no more than the
  // check.
  constexpr std::size_t kWindow = 4096;
  std::size_t at = 0;
  while (text.size() - at > kWindow) {
    std::size_t end = at + kWindow;
    for (int i = 0; i < 3 && is_continuation(text[end]); ++i) --end;
    if (!is_valid_utf8(text.substr(at, end - at))) break;
    at = end;
  }
  while (at < text.size()) {
    std::size_t length = 1;
    while (length <= 4 && !is_valid_utf8(text.substr(at, length))) ++length;
    if (length > 4) break;
    at += length;
  }
  return at;
}

Error to_error(std::string_view text, const Fault& fault) {
  const std::string_view before = text.substr(0, fault.at);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto column = 1 + std::ranges::count_if(before.substr(line_start),
                                                [](char c) { return !is_continuation(c); });
  return {ErrorCode::kParse, fmt::format("line {}, column {}: {}, found {}", line, column,
                                         fault.what, found(text, fault.at))};
}

}  // namespace larkspur::json::internal
