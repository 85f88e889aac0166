// The wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/), as much
// of it as OTLP needs. Every function appends one field to the message that is being built.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace larkspur::telemetry::wire {

enum class Type : unsigned char { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

inline std::size_t varint_size(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

inline void append_varint(std::string& out, std::uint64_t value) {
  while (value > 0x7f) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

inline void append_tag(std::string& out, unsigned field, Type type) {
  append_varint(out, field << 3 | static_cast<unsigned>(type));
}

inline void append_number(std::string& out, unsigned field, std::uint64_t value) {
  append_tag(out, field, Type::kVarint);
  append_varint(out, value);
}

// A text, bytes, or an inner message that is complete.
inline void append_bytes(std::string& out, unsigned field, std::string_view bytes) {
  append_tag(out, field, Type::kBytes);
  append_varint(out, bytes.size());
  out += bytes;
}

// What every field of fixed size is: its lowest byte first.
template <class Number>
void append_fixed(std::string& out, unsigned field, Number value) {
  static_assert(std::endian::native == std::endian::little);
  std::array<char, sizeof value> bytes;
  std::memcpy(bytes.data(), &value, sizeof value);
  append_tag(out, field, sizeof value == 8 ? Type::kFixed64 : Type::kFixed32);
  out.append(bytes.data(), bytes.size());
}

// OTLP's AnyValue, of which {1: text, 2: bool, 3: integer}, in KeyValue {1: key, 2: AnyValue}.
// Spans are mostly these, so they are written in one go and not byte by byte.
class Attribute {
 public:
  Attribute(std::string_view key, std::string_view text)
      : key_(key), text_(text), any_(1 + varint_size(text.size()) + text.size()) {}
  // `kind`: 2 or 3.
  Attribute(std::string_view key, unsigned kind, std::uint64_t number)
      : key_(key), kind_(kind), number_(number), any_(1 + varint_size(number)) {}

  // REQUIRES: `field` is below 16, as all of OTLP's are.
  void append_to(std::string& out, unsigned field) const {
    const std::size_t pair =
        1 + varint_size(key_.size()) + key_.size() + 1 + varint_size(any_) + any_;
    const std::size_t before = out.size();
    const std::size_t after = before + 1 + varint_size(pair) + pair;
    // Not the size that the lambda is given: libstdc++ 12 says there how much it has allocated.
    out.resize_and_overwrite(after, [&](char* text, std::size_t) {
      char* at = put_head(text + before, field, pair);
      at = put(put_head(at, 1, key_.size()), key_);
      at = put_head(at, 2, any_);
      if (kind_ == kText) {
        put(put_head(at, kText, text_.size()), text_);
      } else {
        *at = static_cast<char>(kind_ << 3);
        put_varint(at + 1, number_);
      }
      return after;
    });
  }

 private:
  static constexpr unsigned kText = 1;

  static char* put_varint(char* to, std::uint64_t value) {
    for (; value > 0x7f; value >>= 7) *to++ = static_cast<char>(value | 0x80);
    *to++ = static_cast<char>(value);
    return to;
  }
  static char* put_head(char* to, unsigned field, std::size_t size) {
    *to = static_cast<char>(field << 3 | static_cast<unsigned>(Type::kBytes));
    return put_varint(to + 1, size);
  }
  static char* put(char* to, std::string_view bytes) {
    std::memcpy(to, bytes.data(), bytes.size());  // std::ranges::copy would go byte by byte
    return to + bytes.size();
  }

  std::string_view key_, text_;
  unsigned kind_ = kText;
  std::uint64_t number_ = 0;
  std::size_t any_;  // bytes of the AnyValue
};

}  // namespace larkspur::telemetry::wire
