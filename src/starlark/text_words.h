// Text read as machine words, by loads of fixed sizes: what is copied byte by byte must get to
// memory before it can be read as a word.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace larkspur::starlark {

// The eight bytes from `from` on.
inline std::uint64_t word_at(const char* from) {
  std::uint64_t word;
  std::memcpy(&word, from, 8);
  return word;
}

// At most seven bytes, zeros behind them. The loads overlap.
inline std::uint64_t short_word(std::string_view text) {
  const std::size_t size = text.size();
  const char* const from = text.data();
  if (size >= 4) {
    std::uint32_t low, high;
    std::memcpy(&low, from, 4);
    std::memcpy(&high, from + size - 4, 4);
    return low | std::uint64_t{high} << (size - 4) * 8;
  }
  if (size == 0) return 0;
  const auto byte = [from](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(from[i])} << i * 8;
  };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

// visit(word) for all of the text in turn; where the last word is not full, it begins in the one
// before it. Texts of one size are the same exactly if their words are.
template <class Visit>
void for_each_word(std::string_view text, Visit visit) {
  if (text.size() < 8) return visit(short_word(text));
  for (std::size_t i = 0; i + 8 < text.size(); i += 8) visit(word_at(text.data() + i));
  visit(word_at(text.data() + text.size() - 8));
}

}  // namespace larkspur::starlark
