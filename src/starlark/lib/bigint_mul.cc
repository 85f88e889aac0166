// Multiplication (schoolbook, Karatsuba above a threshold) and division (Knuth D) of magnitudes.
#include <bit>
#include <cmath>
#include <vector>

#include "starlark/lib/bigint.h"
#include "starlark/lib/limbs.h"

namespace larkspur::starlark::bigint {
namespace limbs {
namespace {

constexpr std::size_t kKaratsubaLimbs = 40;
constexpr std::size_t kUnwatchedLimbs = 100'000;

// The inner loop runs over b: quickest where that is the longer one.
void mul_schoolbook(Output out, Input a, Input b) {
  std::ranges::fill(out, 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Limb factor = a[i];
    Limb carry = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const Wide sum = Wide{factor} * b[j] + out[i + j] + carry;
      out[i + j] = low(sum);
      carry = high(sum);
    }
    out[i + b.size()] = carry;
  }
}

// What Karatsuba needs beside its output for operands of n limbs: two sums of half + 1 limbs and
// their product at every level.
std::size_t karatsuba_scratch(std::size_t n) {
  return 4 * n + 8 * kLimbBits;
}

// out = a * b for operands of the same size; 2n limbs. With a = a1*B + a0 and b = b1*B + b0:
//   a*b = a1*b1*B^2 + ((a0 + a1)(b0 + b1) - a0*b0 - a1*b1)*B + a0*b0
// The recursion halves n, so its depth is log2(kMaxLimbs).
void mul_karatsuba(Output out, Input a, Input b, Output scratch) {
  const std::size_t n = a.size();
  if (n < kKaratsubaLimbs) return mul_schoolbook(out, a, b);
  const std::size_t half = n / 2;  // of the low part; the high part may be one limb longer
  const std::size_t rest = n - half;
  const Input a0 = a.first(half), a1 = a.subspan(half);
  const Input b0 = b.first(half), b1 = b.subspan(half);

  const Output a_sum = scratch.first(rest + 1);
  const Output b_sum = scratch.subspan(rest + 1, rest + 1);
  const Output middle = scratch.subspan(2 * (rest + 1), 2 * (rest + 1));
  const Output deeper = scratch.subspan(4 * (rest + 1));
  const auto sum = [](Output target, Input longer, Input shorter) {
    std::ranges::copy(longer, target.begin());
    target.back() = 0;
    add_to(target, shorter);
  };
  sum(a_sum, a1, a0);
  sum(b_sum, b1, b0);
  mul_karatsuba(middle, a_sum, b_sum, deeper);
  const Output low_product = out.first(2 * half);
  const Output high_product = out.subspan(2 * half);
  mul_karatsuba(low_product, a0, b0, deeper);
  mul_karatsuba(high_product, a1, b1, deeper);
  sub_from(middle, low_product);
  sub_from(middle, high_product);
  add_to(out.subspan(half), trimmed(middle));
}

}  // namespace

void mul(Output out, Input a, Input b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (b.size() < kKaratsubaLimbs) return mul_schoolbook(out, b, a);
  // The longer operand is taken in pieces as long as the shorter one.
  const std::size_t n = b.size();
  std::vector<Limb> memory(karatsuba_scratch(n) + 2 * n);
  const Output scratch = Output(memory).subspan(2 * n);
  const Output piece_product = Output(memory).first(2 * n);
  std::ranges::fill(out, 0);
  for (std::size_t offset = 0; offset < a.size(); offset += n) {
    const Input piece = a.subspan(offset, std::min(n, a.size() - offset));
    const Output product = piece_product.first(piece.size() + n);
    if (piece.size() == n) {
      mul_karatsuba(product, piece, b, scratch);
    } else {
      mul(product, b, piece);  // at most once, with a shorter piece: the sizes shrink as in Euclid
    }
    add_to(out.subspan(offset), product);
  }
}

void divmod(Output quotient, Output remainder, Input a, Input b, const Watch* watch) {
  std::ranges::fill(quotient, 0);
  std::ranges::fill(remainder, 0);
  a = trimmed(a);
  if (a.size() < b.size()) {
    std::ranges::copy(a, remainder.begin());
    return;
  }
  if (b.size() == 1) {
    std::ranges::copy(a, quotient.begin());
    remainder[0] = div_small(quotient.first(a.size()), b[0]);
    return;
  }
  // Normalise: the divisor's top bit is set, so that each quotient digit is guessed at most 2 too
  // high.
  const unsigned shift = static_cast<unsigned>(std::countl_zero(b.back()));
  const std::size_t n = b.size();
  std::vector<Limb> memory(a.size() + 1 + n);
  const Output u = Output(memory).first(a.size() + 1);
  const Output v = Output(memory).subspan(a.size() + 1);
  u[a.size()] = shift_left_small(u, a, shift);
  shift_left_small(v, b, shift);
  const Limb v1 = v[n - 1], v2 = v[n - 2];

  std::size_t unwatched = 0;
  for (std::size_t j = a.size() - n + 1; j-- > 0;) {
    unwatched += n;
    if (watch != nullptr && unwatched > kUnwatchedLimbs) {
      if (watch->stops()) return;
      unwatched = 0;
    }
    const Wide top = (Wide{u[j + n]} << 64) | u[j + n - 1];
    Limb digit = ~Limb{0};
    Limb over;
    if (u[j + n] < v1) digit = divide_wide(u[j + n], u[j + n - 1], v1, over);
    Wide guess = digit;
    Wide rest = top - guess * v1;
    while (high(rest) == 0 && guess * v2 > ((rest << 64) | u[j + n - 2])) {
      --guess;
      rest += v1;
    }
    Limb borrow = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const Wide product = Wide{low(guess)} * v[i] + borrow;
      borrow = high(product) + (u[j + i] < low(product));
      u[j + i] -= low(product);
    }
    const bool too_high = u[j + n] < borrow;
    u[j + n] -= borrow;
    if (too_high) {
      --guess;
      u[j + n] += add_to(u.subspan(j, n), v);
    }
    quotient[j] = low(guess);
  }
  shift_right_small(remainder.first(n), u.first(n), shift);
}

}  // namespace limbs

// In steps of about 10 ns: a limb product takes about one.
std::uint64_t mul_steps(std::size_t a_limbs, std::size_t b_limbs) {
  const std::uint64_t shorter = std::min(a_limbs, b_limbs), longer = std::max(a_limbs, b_limbs);
  if (shorter < limbs::kKaratsubaLimbs) return 1 + shorter * longer / 8;
  const double power = std::pow(static_cast<double>(shorter), 0.585);  // n^1.585 for n by n
  return 1 + static_cast<std::uint64_t>(static_cast<double>(longer) * power / 2);
}

std::uint64_t divmod_steps(std::size_t a_limbs, std::size_t b_limbs) {
  if (a_limbs < b_limbs) return 1;
  return 1 + (a_limbs - b_limbs + 1) * (std::uint64_t{b_limbs} + 5) / 6;
}

}  // namespace larkspur::starlark::bigint
