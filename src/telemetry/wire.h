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

// OTLP's KeyValue {1: key, 2: AnyValue}, of which AnyValue {1: text, 2: bool, 3: integer}.
inline void append_attribute(std::string& out, unsigned field, std::string_view key,
                             std::string_view value) {
  const std::size_t any = 1 + varint_size(value.size()) + value.size();
  append_tag(out, field, Type::kBytes);
  append_varint(out, 1 + varint_size(key.size()) + key.size() + 1 + varint_size(any) + any);
  append_bytes(out, 1, key);
  append_tag(out, 2, Type::kBytes);
  append_varint(out, any);
  append_bytes(out, 1, value);
}

// `kind`: the member of AnyValue that is set, 2 or 3.
inline void append_attribute(std::string& out, unsigned field, std::string_view key, unsigned kind,
                             std::uint64_t value) {
  const std::size_t any = 1 + varint_size(value);
  append_tag(out, field, Type::kBytes);
  append_varint(out, 1 + varint_size(key.size()) + key.size() + 1 + varint_size(any) + any);
  append_bytes(out, 1, key);
  append_tag(out, 2, Type::kBytes);
  append_varint(out, any);
  append_number(out, kind, value);
}

}  // namespace larkspur::telemetry::wire
