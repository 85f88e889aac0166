// Looking at the bytes of a string eight at a time. Internal to json/.
#pragma once

#include <bit>
#include <cstdint>

namespace larkspur::json::internal {

constexpr std::uint64_t repeat(unsigned char byte) {
  return 0x0101010101010101u * byte;
}

// The high bit of each byte of `word` that ends a run of plain string bytes: quote, backslash,
// control. The subtractions can borrow only out of a byte that is a hit itself, so the lowest bit
// is exact.
constexpr std::uint64_t special_bytes(std::uint64_t word) {
  static_assert(std::endian::native == std::endian::little);
  const std::uint64_t quote = word ^ repeat('"');
  const std::uint64_t backslash = word ^ repeat('\\');
  return (((quote - repeat(1)) & ~quote) | ((backslash - repeat(1)) & ~backslash) |
          ((word - repeat(0x20)) & ~word)) &
         repeat(0x80);
}

constexpr bool is_special(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

}  // namespace larkspur::json::internal
