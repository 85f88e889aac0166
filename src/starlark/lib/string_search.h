// Finding text in text, linear in its size.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace larkspur::starlark::lib {

// Byte offset of the first occurrence at or after `from`, or npos. string_view::find is quadratic
// at worst, memmem is not.
inline std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from = 0) {
  if (needle.size() > text.size() - from) return std::string_view::npos;
  if (needle.empty()) return from;
  const char* begin = text.data() + from;
  const std::size_t size = text.size() - from;
  const void* found = needle.size() == 1 ? std::memchr(begin, needle[0], size)
                                         : memmem(begin, size, needle.data(), needle.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace larkspur::starlark::lib
