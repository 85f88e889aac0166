// Trace and span ids as W3C Trace Context writes them: a fixed number of lower-case hex digits,
// held in place. What is not such a text (or is all zeros, which means "none") makes an empty id.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace larkspur::execlog {

template <std::size_t Digits>
class HexId {
 public:
  constexpr HexId() = default;
  // Implicit, so that `call.span_id = text` reads as it should.
  template <std::convertible_to<std::string_view> Text>
  constexpr HexId(const Text& source) {  // NOLINT(google-explicit-constructor)
    const std::string_view text = source;
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (text.size() != Digits || !std::ranges::all_of(text, is_hex)) return;
    if (std::ranges::all_of(text, [](char c) { return c == '0'; })) return;
    std::ranges::copy(text, digits_.begin());
  }

  constexpr bool empty() const { return digits_[0] == '\0'; }
  constexpr std::string_view view() const {
    return empty() ? std::string_view{} : std::string_view{digits_.data(), Digits};
  }
  bool operator==(const HexId&) const = default;

 private:
  std::array<char, Digits> digits_{};
};

using TraceId = HexId<32>;
using SpanId = HexId<16>;

}  // namespace larkspur::execlog
