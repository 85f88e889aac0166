// Text to integer and back. Divide and conquer: a number of 2k digits is two of k digits and one
// multiplication (or division) by a power of the base that all numbers of a level share.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "starlark/lib/bigint.h"
#include "starlark/lib/limbs.h"

namespace larkspur::starlark::bigint {
namespace {

using limbs::Input;
using limbs::Output;

constexpr std::size_t kLeafLimbs = 30;  // below it the quadratic loops win

// As many digits of a base as fit into one limb.
struct Chunk {
  unsigned digits;
  Limb power;  // base ^ digits
};
constexpr Chunk chunk_of(unsigned base) {
  Chunk chunk{0, 1};
  while (chunk.power <= ~Limb{0} / base) {
    chunk.power *= base;
    ++chunk.digits;
  }
  return chunk;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 36;
}

double bits_per_digit(unsigned base) {
  return std::log2(static_cast<double>(base));
}

// power[i] = base ^ (leaf_digits * 2^i)
class Powers {
 public:
  explicit Powers(Chunk chunk) : leaf_digits_(chunk.digits * kLeafLimbs) {
    std::vector<Limb> power(kLeafLimbs, 0);
    power[0] = 1;
    for (std::size_t i = 0; i < kLeafLimbs; ++i) {
      limbs::mul_add_small(Output(power), chunk.power, 0);
    }
    powers_.push_back(trim(std::move(power)));
  }
  std::size_t digits(std::size_t level) const { return leaf_digits_ << level; }
  std::size_t levels() const { return powers_.size(); }
  Input operator[](std::size_t level) const { return powers_[level]; }
  void grow() {
    const Input last = powers_.back();
    std::vector<Limb> square(2 * last.size());
    limbs::mul(square, last, last);
    powers_.push_back(trim(std::move(square)));
  }

 private:
  static std::vector<Limb> trim(std::vector<Limb> limbs) {
    limbs.resize(limbs::trimmed(limbs).size());
    return limbs;
  }
  std::size_t leaf_digits_;
  std::vector<std::vector<Limb>> powers_;
};

// Digits are checked before. `out` is filled whole.
void parse_leaf(std::string_view digits, unsigned base, Chunk chunk, Output out) {
  std::ranges::fill(out, 0);
  std::size_t used = 0;
  while (!digits.empty()) {
    const std::size_t count =
        (digits.size() - 1) % chunk.digits + 1;  // the first one may be shorter
    Limb value = 0, power = 1;
    for (char c : digits.substr(0, count)) {
      value = value * base + static_cast<Limb>(digit_value(c));
      power *= base;  // wraps only where it equals chunk.power and is not used
    }
    const Limb factor = count == chunk.digits ? chunk.power : power;
    const Limb carry = limbs::mul_add_small(out.first(used), factor, value);
    if (carry != 0) out[used++] = carry;
    digits.remove_prefix(count);
  }
}

// REQUIRES: digits.size() <= powers.digits(level); out is large enough, and is filled whole.
void parse_halves(std::string_view digits, unsigned base, Chunk chunk, const Powers& powers,
                  std::size_t level, Output out, const Watch* watch) {
  while (level > 0 && digits.size() <= powers.digits(level - 1)) --level;
  if (level == 0) return parse_leaf(digits, base, chunk, out);
  const std::size_t low_digits = powers.digits(level - 1);
  const Input power = powers[level - 1];
  std::vector<Limb> high(parse_limbs(digits.size() - low_digits, base));
  parse_halves(digits.substr(0, digits.size() - low_digits), base, chunk, powers, level - 1, high,
               watch);
  std::vector<Limb> low(parse_limbs(low_digits, base));
  parse_halves(digits.substr(digits.size() - low_digits), base, chunk, powers, level - 1, low,
               watch);
  if (watch != nullptr && watch->stops()) return;
  const Input high_trimmed = limbs::trimmed(high);
  std::vector<Limb> product(high_trimmed.size() + power.size());
  limbs::mul(product, high_trimmed, power);
  std::ranges::fill(out, 0);
  std::ranges::copy(limbs::trimmed(product), out.begin());
  limbs::add_to(out, limbs::trimmed(low));
}

constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

// Appends at least `width` digits of `a`, which is destroyed.
void print_leaf(Output a, unsigned base, Chunk chunk, std::size_t width, std::string& out) {
  std::string reversed;
  Output rest = a.first(limbs::trimmed(a).size());
  while (!rest.empty()) {
    Limb value = limbs::div_small(rest, chunk.power);
    rest = rest.first(limbs::trimmed(rest).size());
    for (unsigned i = 0; i < chunk.digits && (value != 0 || !rest.empty()); ++i) {
      reversed += kDigits[value % base];
      value /= base;
    }
  }
  if (reversed.size() < width) out.append(width - reversed.size(), '0');
  out.append(reversed.rbegin(), reversed.rend());
}

// REQUIRES: a < base ^ powers.digits(level). width: 0, or powers.digits(level).
void print_halves(Output a, unsigned base, Chunk chunk, const Powers& powers, std::size_t level,
                  std::size_t width, std::string& out, const Watch* watch) {
  while (width == 0 && level > 0 && limbs::compare(limbs::trimmed(a), powers[level - 1]) < 0)
    --level;
  if (level == 0) return print_leaf(a, base, chunk, width, out);
  const Input power = powers[level - 1];
  const std::size_t half_width = powers.digits(level - 1);
  const Input trimmed = limbs::trimmed(a);
  const std::size_t quotient_size =
      trimmed.size() < power.size() ? 1 : trimmed.size() - power.size() + 1;
  std::vector<Limb> quotient(quotient_size), remainder(power.size());
  if (watch != nullptr && watch->stops()) return;
  limbs::divmod(quotient, remainder, trimmed, power, watch);
  print_halves(quotient, base, chunk, powers, level - 1, width == 0 ? 0 : half_width, out, watch);
  print_halves(remainder, base, chunk, powers, level - 1, half_width, out, watch);
}

// Bases 2, 4, 8, 16, 32: every digit is so many bits.
void print_power_of_two(Number a, unsigned base, std::string& out) {
  const std::size_t width = static_cast<std::size_t>(std::countr_zero(base));
  const std::size_t digits = (bit_length(a) + width - 1) / width;
  for (std::size_t i = digits; i-- > 0;) {
    const std::size_t bit = i * width, limb = bit / kLimbBits, shift = bit % kLimbBits;
    Limb value = a.magnitude[limb] >> shift;
    if (shift + width > kLimbBits && limb + 1 < a.limbs()) {
      value |= a.magnitude[limb + 1] << (kLimbBits - shift);
    }
    out += kDigits[value & (base - 1)];
  }
}

}  // namespace

std::size_t parse_limbs(std::size_t digits, unsigned base) {
  return static_cast<std::size_t>(static_cast<double>(digits) * bits_per_digit(base) / kLimbBits) +
         2;
}

std::uint64_t text_steps(std::size_t limbs) {
  return 1 + std::uint64_t{limbs} * 8 + mul_steps(limbs, limbs) + divmod_steps(limbs, limbs / 2);
}

std::optional<Number> parse(std::string_view digits, unsigned base, std::span<Limb> out,
                            const Watch* watch) {
  const auto is_digit = [base](char c) { return digit_value(c) < static_cast<int>(base); };
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  const Chunk chunk = chunk_of(base);
  const Output result = out.first(parse_limbs(digits.size(), base));
  if (digits.size() <= chunk.digits * kLeafLimbs) {
    parse_leaf(digits, base, chunk, result);
  } else {
    Powers powers(chunk);
    while (powers.digits(powers.levels()) < digits.size()) powers.grow();
    parse_halves(digits, base, chunk, powers, powers.levels(), result, watch);
  }
  return Number{limbs::trimmed(result), false};
}

std::size_t to_text_size(Number a, unsigned base) {
  return static_cast<std::size_t>(static_cast<double>(bit_length(a)) / bits_per_digit(base)) + 3;
}

void append_text(Number a, unsigned base, std::string& out, const Watch* watch) {
  if (a.is_zero()) {
    out += '0';
    return;
  }
  if (a.negative) out += '-';
  if (std::has_single_bit(base)) return print_power_of_two(a, base, out);
  const Chunk chunk = chunk_of(base);
  std::vector<Limb> copy(a.magnitude.begin(), a.magnitude.end());
  if (a.limbs() <= kLeafLimbs) return print_leaf(copy, base, chunk, 0, out);
  Powers powers(chunk);
  while (2 * powers[powers.levels() - 1].size() <= a.limbs() + 1) powers.grow();
  // The square of the last power is above a: (limbs of the power) * 2 - 1 > limbs of a.
  print_halves(copy, base, chunk, powers, powers.levels(), 0, out, watch);
}

}  // namespace larkspur::starlark::bigint
