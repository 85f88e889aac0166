#include "call/trace_context.h"

#include <algorithm>
#include <span>

namespace larkspur::call {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;  // upper case is invalid too
}

bool read_hex(std::string_view text, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

void write_hex(std::span<const std::uint8_t> bytes, char* to) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

bool TraceContext::valid() const {
  return !all_zero(trace_id) && !all_zero(span_id);
}
HexDigits<32> TraceContext::trace_id_digits() const {
  HexDigits<32> text;
  write_hex(trace_id, text.digits.data());
  return text;
}
HexDigits<16> TraceContext::span_id_digits() const {
  HexDigits<16> text;
  write_hex(span_id, text.digits.data());
  return text;
}

std::string TraceContext::traceparent() const {
  std::string text = "00-00000000000000000000000000000000-0000000000000000-00";
  write_hex(trace_id, &text[3]);
  write_hex(span_id, &text[36]);
  write_hex({&flags, 1}, &text[53]);
  return text;
}

std::optional<TraceContext> TraceContext::parse(std::string_view text, std::string_view state) {
  // version "-" trace-id "-" parent-id "-" trace-flags; later versions may append "-..."
  // (section 4.3)
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::uint8_t version = 0;
  TraceContext context;
  if (!read_hex(text.substr(0, 2), {&version, 1}) || version == 0xFF) return std::nullopt;
  if (version == 0 ? text.size() != 55 : (text.size() > 55 && text[55] != '-')) return std::nullopt;
  if (!read_hex(text.substr(3, 32), context.trace_id) ||
      !read_hex(text.substr(36, 16), context.span_id) ||
      !read_hex(text.substr(53, 2), {&context.flags, 1}) || !context.valid()) {
    return std::nullopt;
  }
  constexpr std::size_t kMaxState = 512;  // section 3.3.1.5 asks for at least 512 characters
  if (state.size() <= kMaxState) context.state = state;
  return context;
}

}  // namespace larkspur::call
