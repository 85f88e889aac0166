// The loops below bigint: magnitudes as spans of limbs, least significant first, no signs.
// Internal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace larkspur::starlark::bigint {
struct Watch;  // bigint.h
}
namespace larkspur::starlark::bigint::limbs {

using Limb = std::uint64_t;
__extension__ using Wide = unsigned __int128;
using Input = std::span<const Limb>;
using Output = std::span<Limb>;

inline Limb low(Wide x) {
  return static_cast<Limb>(x);
}
inline Limb high(Wide x) {
  return static_cast<Limb>(x >> 64);
}

inline Input trimmed(Input a) {
  std::size_t n = a.size();
  while (n > 0 && a[n - 1] == 0) --n;
  return a.first(n);
}

// REQUIRES: both trimmed.
inline int compare(Input a, Input b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

// a += b; the carry out. REQUIRES: a.size() >= b.size().
inline Limb add_to(Output a, Input b) {
  Limb carry = 0;
  std::size_t i = 0;
  for (; i < b.size(); ++i) {
    const Wide sum = Wide{a[i]} + b[i] + carry;
    a[i] = low(sum);
    carry = high(sum);
  }
  for (; carry != 0 && i < a.size(); ++i) {
    a[i] += carry;
    carry = a[i] == 0;
  }
  return carry;
}

// a -= b; the borrow out. REQUIRES: a.size() >= b.size().
inline Limb sub_from(Output a, Input b) {
  Limb borrow = 0;
  std::size_t i = 0;
  for (; i < b.size(); ++i) {
    const Wide difference = Wide{a[i]} - b[i] - borrow;
    a[i] = low(difference);
    borrow = high(difference) & 1;
  }
  for (; borrow != 0 && i < a.size(); ++i) {
    borrow = a[i] == 0;
    --a[i];
  }
  return borrow;
}

// a = a * factor + addend; the limb that is carried out.
inline Limb mul_add_small(Output a, Limb factor, Limb addend) {
  Limb carry = addend;
  for (Limb& limb : a) {
    const Wide product = Wide{limb} * factor + carry;
    limb = low(product);
    carry = high(product);
  }
  return carry;
}

// (high, low) / divisor and the remainder. REQUIRES: high < divisor, so that the quotient is one
// limb.
inline Limb divide_wide(Limb high, Limb low, Limb divisor, Limb& remainder) {
#if defined(__x86_64__)
  // One instruction, where a division of Wide is a call.
  Limb quotient;
  __asm__("divq %4" : "=a"(quotient), "=d"(remainder) : "0"(low), "1"(high), "r"(divisor) : "cc");
  return quotient;
#else
  const Wide dividend = (Wide{high} << 64) | low;
  remainder = static_cast<Limb>(dividend % divisor);
  return static_cast<Limb>(dividend / divisor);
#endif
}

// a /= divisor; the remainder.
inline Limb div_small(Output a, Limb divisor) {
  Limb remainder = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    a[i] = divide_wide(remainder, a[i], divisor, remainder);
  }
  return remainder;
}

// out = a << bits for bits < 64; the limb that is carried out. `out` may be `a`.
inline Limb shift_left_small(Output out, Input a, unsigned bits) {
  Limb carry = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Limb limb = a[i];
    out[i] = limb << bits | carry;
    carry = bits == 0 ? 0 : limb >> (64 - bits);
  }
  return carry;
}

// out = a >> bits for bits < 64. `out` may be `a`.
inline void shift_right_small(Output out, Input a, unsigned bits) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Limb above = i + 1 < a.size() ? a[i + 1] : 0;
    out[i] = bits == 0 ? a[i] : a[i] >> bits | above << (64 - bits);
  }
}

// out = a * b, all a.size() + b.size() limbs of it (bigint_mul.cc).
void mul(Output out, Input a, Input b);

// quotient = a / b and remainder = a % b, by Knuth's algorithm D; the spans are filled whole.
// REQUIRES: b is trimmed and not empty; quotient has at least max(a.size() - b.size() + 1, 1)
// limbs, remainder at least b.size() (bigint_mul.cc).
void divmod(Output quotient, Output remainder, Input a, Input b, const Watch* watch = nullptr);

}  // namespace larkspur::starlark::bigint::limbs
