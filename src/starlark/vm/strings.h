// Making and walking text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "starlark/vm/context.h"

namespace larkspur::starlark {

// Builds one string. Short results stay in the builder itself; longer ones grow in a Buffer on the
// script's heap, which the finished string keeps, so nothing is copied twice. Every append is
// charged and counted.
class StringBuilder {
 public:
  explicit StringBuilder(Context& context) : context_(context) {}
  StringBuilder(const StringBuilder&) = delete;
  StringBuilder& operator=(const StringBuilder&) = delete;

  // REQUIRES: the text as a whole is valid UTF-8 in the end.
  bool append(std::string_view text);
  bool append(char c) {
    if (size_ == unwatched_ && !grow(1)) return false;
    data_[size_++] = c;
    return true;
  }
  bool append_code_point(char32_t c);
  bool append_fill(char c, std::size_t count);
  // Room for `bytes` more, taken now. Worth it where the final size is known.
  bool reserve(std::size_t bytes);

  std::string_view view() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  void truncate(std::size_t size) {
    if (size < size_) size_ = size;
  }
  Context& context() { return context_; }

  // The string. The builder is empty afterwards. Value::failed() after an append that failed.
  Value finish();
  // The same bytes as a bytes value.
  Value finish_bytes();

 private:
  // Room for `needed` more. Also where a long text is watched: every kUnwatched bytes the script
  // may be cancelled.
  bool grow(std::size_t needed);
  bool watch();

  static constexpr std::size_t kUnwatched = 64u << 10;

  Context& context_;
  char* data_ = small_;
  std::size_t size_ = 0;
  std::size_t capacity_ = sizeof(small_);
  std::size_t unwatched_ = sizeof(small_);  // how far to write until the next watch; <= capacity_
  Buffer* buffer_ = nullptr;
  bool failed_ = false;
  char small_[128];
};

// --- UTF-8. Text is valid, but for that of strict dialects, where strings hold any bytes. ---

inline bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}
std::size_t count_code_points(std::string_view text);
bool is_ascii(std::string_view text);
// Bytes of the code point that begins with `lead`: 1 to 4.
inline std::size_t sequence_length(char lead) {
  auto c = static_cast<unsigned char>(lead);
  return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}
// Decodes the code point at `position` and moves past it; U+FFFD, and past one byte, where there is
// none.
char32_t next_code_point(std::string_view text, std::size_t& position);
// The text with U+FFFD for every byte that is no UTF-8.
std::string with_replacements(std::string_view text);
// Writes `c`; gives its length. Surrogates and what is above 0x10FFFF become U+FFFD.
std::size_t encode_utf8(char32_t c, char (&out)[4]);

// --- Elements: what scripts count in. Code points, or bytes where the dialect is strict. ---

inline bool elements_are_bytes(const Context& context, const Value& string) {
  return context.strict() || is_ascii(string);
}
std::size_t element_count(const Context& context, Value string);
// Bytes of the element that begins at byte `offset`.
inline std::size_t element_size(const Context& context, std::string_view text, std::size_t offset) {
  return context.strict() ? 1 : sequence_length(text[offset]);
}
// Byte offset of the element number `index` (which may be the length).
std::size_t byte_offset(const Context& context, Value string, std::size_t index);
// Number of the element that begins at byte `offset`.
std::size_t element_index(const Context& context, Value string, std::size_t offset);

}  // namespace larkspur::starlark
