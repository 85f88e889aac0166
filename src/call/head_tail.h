// The beginning and the end of a text that may be longer than anybody wants to keep: errors stand
// at the end of an output, headings at its beginning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace larkspur::call {

// Memory: at most twice the cap, whatever is appended.
class HeadTail {
 public:
  explicit HeadTail(std::size_t max_bytes) : half_(max_bytes / 2) {}

  void append(std::string_view bytes);
  std::uint64_t bytes() const { return bytes_; }
  bool truncated() const { return bytes_ > 2 * half_; }

  // What is kept, as valid UTF-8. Where the middle is left out, a line in its place tells how much:
  // "[... 12345 bytes left out ...]". Cut at line ends where there are some near.
  std::string text() const;

 private:
  std::size_t half_;
  std::string head_;
  std::string tail_;  // the last half_ bytes at least, once head_ is full
  std::uint64_t bytes_ = 0;
};

}  // namespace larkspur::call
