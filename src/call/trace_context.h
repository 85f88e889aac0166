// W3C trace context (https://www.w3.org/TR/trace-context/) as a value that is handed down with a
// call. Never a thread-local: many calls share a thread, and one call may wait in many places.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larkspur::call {

// Lower-case hex digits, held in place.
template <std::size_t N>
struct HexDigits {
  std::array<char, N> digits;
  operator std::string_view() const { return {digits.data(), N}; }  // NOLINT: reads as text
};

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  std::uint8_t flags = 0;  // bit 0: sampled
  std::string state;       // the tracestate header, as it came

  bool valid() const;  // neither id is all zero
  bool sampled() const { return (flags & 1) != 0; }
  HexDigits<32> trace_id_digits() const;
  HexDigits<16> span_id_digits() const;
  std::string trace_id_hex() const { return std::string(trace_id_digits()); }
  std::string span_id_hex() const { return std::string(span_id_digits()); }

  // "00-<32 hex>-<16 hex>-<2 hex>"
  std::string traceparent() const;
  // nullopt for everything that the specification calls invalid, including version ff.
  static std::optional<TraceContext> parse(std::string_view traceparent,
                                           std::string_view state = {});
};

}  // namespace larkspur::call
