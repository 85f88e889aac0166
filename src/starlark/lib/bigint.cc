#include "starlark/lib/bigint.h"

#include <bit>
#include <cmath>
#include <limits>

#include "starlark/lib/limbs.h"

namespace larkspur::starlark::bigint {
namespace {

using limbs::Input;
using limbs::Output;

Number normalised(Output magnitude, bool negative) {
  const Input trimmed = limbs::trimmed(magnitude);
  return {trimmed, negative && !trimmed.empty()};
}

Number add_magnitudes(Input a, Input b, bool negative, Output out) {
  if (a.size() < b.size()) std::swap(a, b);
  const Output sum = out.first(a.size() + 1);
  std::ranges::copy(a, sum.begin());
  sum.back() = 0;
  limbs::add_to(sum, b);
  return normalised(sum, negative);
}

// |a| - |b|; `negative` is the sign where |a| is the larger.
Number sub_magnitudes(Input a, Input b, bool negative, Output out) {
  if (limbs::compare(a, b) < 0) {
    std::swap(a, b);
    negative = !negative;
  }
  const Output difference = out.first(a.size());
  std::ranges::copy(a, difference.begin());
  limbs::sub_from(difference, b);
  return normalised(difference, negative);
}

// The limbs of a number in infinite two's complement, from the lowest up.
class TwosComplement {
 public:
  explicit TwosComplement(Number a) : a_(a), carry_(a.negative) {}
  Limb next() {
    const Limb limb = index_ < a_.limbs() ? a_.magnitude[index_] : 0;
    ++index_;
    if (!a_.negative) return limb;
    const Limb result = ~limb + carry_;
    carry_ = carry_ != 0 && result == 0;
    return result;
  }

 private:
  Number a_;
  std::size_t index_ = 0;
  Limb carry_;
};

// Reads `out` as two's complement with the given sign and makes it sign and magnitude.
Number from_twos_complement(Output out, bool negative) {
  if (negative) {
    Limb carry = 1;
    for (Limb& limb : out) {
      limb = ~limb + carry;
      carry = carry != 0 && limb == 0;
    }
  }
  return normalised(out, negative);
}

template <class Op>
Number bitwise(Number a, Number b, Output out, Op op) {
  const Output result = out.first(bitwise_limbs(a, b));
  TwosComplement x(a), y(b);
  for (Limb& limb : result) limb = op(x.next(), y.next());
  return from_twos_complement(result, op(Limb{a.negative}, Limb{b.negative}) != 0);
}

constexpr Limb kOne[] = {1};

}  // namespace

std::size_t bit_length(Number a) {
  if (a.is_zero()) return 0;
  return a.limbs() * kLimbBits - static_cast<std::size_t>(std::countl_zero(a.magnitude.back()));
}

std::optional<std::int64_t> to_int64(Number a) {
  if (a.is_zero()) return 0;
  if (a.limbs() > 1) return std::nullopt;
  const Limb limb = a.magnitude[0];
  constexpr Limb kMinMagnitude = Limb{1} << 63;
  if (limb > kMinMagnitude || (limb == kMinMagnitude && !a.negative)) return std::nullopt;
  return static_cast<std::int64_t>(a.negative ? 0 - limb : limb);
}

int compare(Number a, Number b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const int magnitudes = limbs::compare(a.magnitude, b.magnitude);
  return a.negative ? -magnitudes : magnitudes;
}

int compare(Number a, double b) {
  if (std::isinf(b)) return b > 0 ? -1 : 1;
  Limb memory[kDoubleLimbs];
  const double whole = std::trunc(b);
  const int order = compare(a, from_double(whole, memory));
  if (order != 0 || whole == b) return order;
  return b > whole ? -1 : 1;
}

Number add(Number a, Number b, std::span<Limb> out) {
  if (a.negative == b.negative) return add_magnitudes(a.magnitude, b.magnitude, a.negative, out);
  return sub_magnitudes(a.magnitude, b.magnitude, a.negative, out);
}

Number sub(Number a, Number b, std::span<Limb> out) {
  return add(a, {b.magnitude, !b.negative && !b.is_zero()}, out);
}

Number mul(Number a, Number b, std::span<Limb> out) {
  const Output product = out.first(mul_limbs(a, b));
  limbs::mul(product, a.magnitude, b.magnitude);
  return normalised(product, a.negative != b.negative);
}

QuotientRemainder divmod(Number a, Number b, std::span<Limb> quotient, std::span<Limb> remainder,
                         const Watch* watch) {
  quotient = quotient.first(quotient_limbs(a, b));
  remainder = remainder.first(remainder_limbs(a, b));
  limbs::divmod(quotient, remainder, a.magnitude, b.magnitude, watch);
  // Truncated so far. Where the signs differ and something is left, one step further down.
  if (a.negative != b.negative && !limbs::trimmed(remainder).empty()) {
    limbs::add_to(quotient, kOne);
    Limb borrow = 0;
    for (std::size_t i = 0; i < remainder.size(); ++i) {
      const Limb from = i < b.limbs() ? b.magnitude[i] : 0;
      const limbs::Wide difference = limbs::Wide{from} - remainder[i] - borrow;
      remainder[i] = limbs::low(difference);
      borrow = limbs::high(difference) & 1;
    }
  }
  return {normalised(quotient, a.negative != b.negative), normalised(remainder, b.negative)};
}

Number shift_left(Number a, std::size_t bits, std::span<Limb> out) {
  const std::size_t whole = bits / kLimbBits;
  const Output result = out.first(shift_left_limbs(a, bits));
  std::ranges::fill(result.first(whole), 0);
  result.back() = limbs::shift_left_small(result.subspan(whole), a.magnitude,
                                          static_cast<unsigned>(bits % kLimbBits));
  return normalised(result, a.negative);
}

Number shift_right(Number a, std::size_t bits, std::span<Limb> out) {
  const std::size_t whole = std::min(bits / kLimbBits, a.limbs());
  const Input kept = a.magnitude.subspan(whole);
  const unsigned small = static_cast<unsigned>(bits % kLimbBits);
  const Output result = out.first(kept.size() + 1);
  result.back() = 0;
  limbs::shift_right_small(result, kept, small);
  // Rounding down: a negative number that lost a set bit is one further from zero.
  const bool lost = !limbs::trimmed(a.magnitude.first(whole)).empty() ||
                    (!kept.empty() && (kept[0] & ((Limb{1} << small) - 1)) != 0);
  if (a.negative && lost) limbs::add_to(result, kOne);
  return normalised(result, a.negative);
}

Number bit_and(Number a, Number b, std::span<Limb> out) {
  return bitwise(a, b, out, [](Limb x, Limb y) { return x & y; });
}
Number bit_or(Number a, Number b, std::span<Limb> out) {
  return bitwise(a, b, out, [](Limb x, Limb y) { return x | y; });
}
Number bit_xor(Number a, Number b, std::span<Limb> out) {
  return bitwise(a, b, out, [](Limb x, Limb y) { return x ^ y; });
}

// ~a = -a - 1
Number bit_not(Number a, std::span<Limb> out) {
  if (a.negative) return sub_magnitudes(a.magnitude, kOne, false, out);
  return add_magnitudes(a.magnitude, kOne, true, out);
}

std::optional<double> to_double(Number a) {
  const std::size_t bits = bit_length(a);
  if (bits == 0) return 0.0;
  if (bits > 1024) return std::nullopt;
  // The top 64 bits, and in the lowest of them whether anything below was set: enough to round
  // once.
  Limb top = 0;
  if (bits <= kLimbBits) {
    top = a.magnitude[0] << (kLimbBits - bits);
  } else {
    const std::size_t below = bits - kLimbBits, limb = below / kLimbBits;
    const unsigned shift = below % kLimbBits;
    top = a.magnitude[limb] >> shift;
    if (shift != 0) top |= a.magnitude[limb + 1] << (kLimbBits - shift);
    const bool sticky = !limbs::trimmed(a.magnitude.first(limb)).empty() ||
                        (a.magnitude[limb] & ((Limb{1} << shift) - 1)) != 0;
    top |= Limb{sticky};
  }
  const double rounded =
      std::ldexp(static_cast<double>(top), static_cast<int>(bits) - static_cast<int>(kLimbBits));
  if (std::isinf(rounded)) return std::nullopt;
  return a.negative ? -rounded : rounded;
}

Number from_double(double d, std::span<Limb> out) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(d), &exponent);  // |d| = fraction * 2^exponent
  if (exponent <= 0) return {};
  const Limb mantissa = static_cast<Limb>(std::ldexp(fraction, 53));
  const int shift = exponent - 53;
  if (shift <= 0) {
    out[0] = mantissa >> -shift;
    return normalised(out.first(1), d < 0);
  }
  const Number small{{&mantissa, 1}, d < 0};
  return shift_left(small, static_cast<std::size_t>(shift), out);
}

}  // namespace larkspur::starlark::bigint
