// A Starlark value is one 64-bit word.
//
// Most values of a script are small: loop counters, ids, prices, dict keys such as "id" or "name".
// None of these should cost an allocation, because a script's memory is bounded and nothing in it
// is freed one by one. So the word either is the value, or points to an object on the script's
// heap. The two lowest bits say which:
//
//   00  an int of 62 bits. The word is the number times four, so sums, differences and comparisons
//       of two ints work on the words themselves, and overflow of the word is overflow of the int.
//   10  a float whose magnitude lies in about 2^-255 .. 2^256. A double begins with its sign and
//   eleven
//       bits of exponent; in that range the three highest exponent bits are 011 or 100. Subtracting
//       011 from them leaves 000 or 001: two bits that are now always zero, rotated down to make
//       room for the tag. Nothing of the number is lost. Zero, infinity, NaN and the far ends of
//       the range do not fit and are objects (Float); zeros, infinities and NaN are shared and cost
//       nothing.
//   01  a pointer to an object, whose header (vm/objects.h) says what it is.
//   11  everything else, told apart by the next bits:
//         .....111  a string of at most 7 bytes: bits 3-5 its length, bit 6 whether it is ASCII,
//         and
//                   the bytes themselves in the upper seven bytes of the word (zero where unused).
//         kkkkk011  an immediate of kind k: None, True, False, a host function with its index in
//         the
//                   upper bits, and three marks that a script never sees: "no value here" (an
//                   unbound variable, a free slot), "this failed", and "the answer comes later".
//
// One rule keeps equality cheap: a string of at most 7 bytes is always inline, and an int that fits
// 62 bits is never a BigInt. So two inline strings, or an inline and a heap string, are equal
// exactly if their words are. Make strings and ints only through vm/objects.h, which keeps the
// rule.
//
// This header holds representation and nothing else: no operation of the language is here.
#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "starlark/text_words.h"

namespace larkspur::starlark {

static_assert(std::endian::native == std::endian::little, "inline strings lie in the upper bytes");

struct Object;

class Value {
 public:
  constexpr Value() : bits_(kNoneBits) {}

  static constexpr Value none() { return Value(kNoneBits); }
  static constexpr Value boolean(bool b) { return Value(b ? kTrueBits : kFalseBits); }
  // No value: an unbound variable, an absent optional argument, a deleted entry. Never seen by
  // scripts.
  static constexpr Value missing() { return Value(kMissingBits); }
  // What a native gives back after Context::fail().
  static constexpr Value failed() { return Value(kFailedBits); }
  // What a native gives back when the machine goes on in a native frame, or waits.
  static constexpr Value pending() { return Value(kPendingBits); }
  static constexpr Value host_function(std::uint32_t index) {
    return Value(kHostFunctionBits | std::uint64_t{index} << 32);
  }

  // Ints of 62 bits.
  static constexpr std::int64_t kMaxSmallInt = (std::int64_t{1} << 61) - 1;
  static constexpr std::int64_t kMinSmallInt = -(std::int64_t{1} << 61);
  static constexpr bool fits_small_int(std::int64_t i) {
    return i >= kMinSmallInt && i <= kMaxSmallInt;
  }
  // REQUIRES: fits_small_int(i).
  static constexpr Value small_int(std::int64_t i) {
    assert(fits_small_int(i));
    return Value(static_cast<std::uint64_t>(i) << 2);
  }

  // Floats in the inline range; false where d needs an object.
  static constexpr bool fits_small_float(double d) { return (rotated(d) & kTagMask) == 0; }
  // REQUIRES: fits_small_float(d).
  static constexpr Value small_float(double d) {
    assert(fits_small_float(d));
    return Value(rotated(d) | kFloatTag);
  }

  static constexpr std::size_t kMaxInlineString = 7;
  // REQUIRES: text.size() <= kMaxInlineString and valid UTF-8.
  static Value inline_string(std::string_view text) {
    assert(text.size() <= kMaxInlineString);
    const std::uint64_t bytes = short_word(text);
    bool ascii = (bytes & 0x8080808080808080u) == 0;
    return Value(bytes << 8 | std::uint64_t{ascii} << 6 | std::uint64_t{text.size()} << 3 | 7u);
  }

  static Value object(const Object* object) {
    return Value(reinterpret_cast<std::uint64_t>(object) | kObjectTag);
  }

  static constexpr Value from_bits(std::uint64_t bits) { return Value(bits); }
  constexpr std::uint64_t bits() const { return bits_; }
  // Same word: identity, and equality for small ints, inline strings and the other immediates.
  constexpr bool same(Value other) const { return bits_ == other.bits_; }

  constexpr bool is_none() const { return bits_ == kNoneBits; }
  constexpr bool is_missing() const { return bits_ == kMissingBits; }
  constexpr bool is_failed() const { return bits_ == kFailedBits; }
  constexpr bool is_pending() const { return bits_ == kPendingBits; }
  constexpr bool is_bool() const {
    return (bits_ | (kTrueBits ^ kFalseBits)) == (kTrueBits | kFalseBits);
  }
  constexpr bool is_small_int() const { return (bits_ & kTagMask) == 0; }
  constexpr bool is_small_float() const { return (bits_ & kTagMask) == kFloatTag; }
  constexpr bool is_object() const { return (bits_ & kTagMask) == kObjectTag; }
  constexpr bool is_inline_string() const { return (bits_ & 7) == 7; }
  constexpr bool is_host_function() const { return (bits_ & 0xff) == kHostFunctionBits; }

  constexpr bool as_bool() const { return bits_ == kTrueBits; }
  constexpr std::int64_t as_small_int() const { return static_cast<std::int64_t>(bits_) >> 2; }
  constexpr double as_small_float() const {
    return std::bit_cast<double>(std::rotr(bits_ ^ kFloatTag, 3) + kExponentBias);
  }
  Object* as_object() const {
    assert(is_object());
    return reinterpret_cast<Object*>(bits_ ^ kObjectTag);
  }
  constexpr std::uint32_t as_host_function() const {
    return static_cast<std::uint32_t>(bits_ >> 32);
  }

  constexpr std::size_t inline_size() const { return bits_ >> 3 & 7; }
  constexpr bool inline_is_ascii() const { return (bits_ >> 6 & 1) != 0; }
  // The bytes of an inline string lie in this very Value: the view lives as long as it does.
  std::string_view inline_view() const& {
    return {reinterpret_cast<const char*>(&bits_) + 1, inline_size()};
  }
  std::string_view inline_view() const&& = delete;

 private:
  constexpr explicit Value(std::uint64_t bits) : bits_(bits) {}

  static constexpr std::uint64_t rotated(double d) {
    return std::rotl(std::bit_cast<std::uint64_t>(d) - kExponentBias, 3);
  }

  static constexpr std::uint64_t kTagMask = 3;
  static constexpr std::uint64_t kObjectTag = 1;
  static constexpr std::uint64_t kFloatTag = 2;
  static constexpr std::uint64_t kExponentBias = std::uint64_t{3} << 60;
  static constexpr std::uint64_t kNoneBits = 0 << 3 | 3;
  static constexpr std::uint64_t kFalseBits = 2 << 3 | 3;
  static constexpr std::uint64_t kTrueBits = 3 << 3 | 3;
  static constexpr std::uint64_t kMissingBits = 4 << 3 | 3;
  static constexpr std::uint64_t kFailedBits = 5 << 3 | 3;
  static constexpr std::uint64_t kPendingBits = 6 << 3 | 3;
  static constexpr std::uint64_t kHostFunctionBits = 7 << 3 | 3;

  std::uint64_t bits_;
};

static_assert(sizeof(Value) == 8);

}  // namespace larkspur::starlark
