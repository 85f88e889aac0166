// Integers of any size up to a cap, as pure functions over limbs.
//
// A Number is a view: sign and magnitude, limbs least significant first, no leading zero limb, zero
// is the empty magnitude and never negative. Every function that makes one writes into `out`, which
// the caller sized with the matching x_limbs() function (so that the script's heap is charged
// before the work), and returns a normalised view of what it wrote. `out` may not overlap the
// operands. Scratch space that is needed beyond `out` is at most a few times the operands, and
// these are capped by kMaxLimbs.
//
// Division, remainder, shifts and the bitwise operations behave as if numbers were infinite two's
// complement, and division rounds down, as Starlark has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace larkspur::starlark::bigint {

using Limb = std::uint64_t;
inline constexpr std::size_t kLimbBits = 64;
// Results beyond this are an error of the script: it bounds the cost of every operation here.
inline constexpr std::size_t kMaxBits = std::size_t{1} << 20;
inline constexpr std::size_t kMaxLimbs = kMaxBits / kLimbBits;

// Asked about every 100 us while much work is done: once it says true the work is given up, and its
// result means nothing.
struct Watch {
  bool (*stop)(void* data);
  void* data;

  bool stops() const { return stop(data); }
};

struct Number {
  std::span<const Limb> magnitude;
  bool negative = false;

  bool is_zero() const { return magnitude.empty(); }
  std::size_t limbs() const { return magnitude.size(); }
};

// An int64 as a Number, for mixed arithmetic: keep it alive as long as the view.
class Small {
 public:
  explicit Small(std::int64_t value)
      : limb_(value < 0 ? 0 - static_cast<Limb>(value) : static_cast<Limb>(value)),
        negative_(value < 0) {}
  Number view() const { return {{&limb_, limb_ == 0 ? 0u : 1u}, negative_}; }

 private:
  Limb limb_;
  bool negative_;
};

std::size_t bit_length(Number a);                // of the magnitude; 0 for zero
std::optional<std::int64_t> to_int64(Number a);  // nullopt where it does not fit
int compare(Number a, Number b);                 // -1, 0, 1
int compare(Number a, double b);                 // exact, infinities too. REQUIRES: b is not NaN

inline std::size_t add_limbs(Number a, Number b) {
  return (a.limbs() > b.limbs() ? a.limbs() : b.limbs()) + 1;
}
Number add(Number a, Number b, std::span<Limb> out);
Number sub(Number a, Number b, std::span<Limb> out);  // add_limbs

inline std::size_t mul_limbs(Number a, Number b) {
  return a.limbs() + b.limbs();
}
// The work of mul or divmod in steps, for charging before it is done.
std::uint64_t mul_steps(std::size_t a_limbs, std::size_t b_limbs);
std::uint64_t divmod_steps(std::size_t a_limbs, std::size_t b_limbs);
Number mul(Number a, Number b, std::span<Limb> out);

inline std::size_t quotient_limbs(Number a, Number b) {
  return a.limbs() < b.limbs() ? 1 : a.limbs() - b.limbs() + 2;
}
inline std::size_t remainder_limbs(Number /*a*/, Number b) {
  return b.limbs() + 1;
}
struct QuotientRemainder {
  Number quotient;
  Number remainder;  // has the sign of the divisor
};
// REQUIRES: b is not zero.
QuotientRemainder divmod(Number a, Number b, std::span<Limb> quotient, std::span<Limb> remainder,
                         const Watch* watch = nullptr);

inline std::size_t shift_left_limbs(Number a, std::size_t bits) {
  return a.limbs() + bits / kLimbBits + 1;
}
Number shift_left(Number a, std::size_t bits, std::span<Limb> out);
inline std::size_t shift_right_limbs(Number a) {
  return a.limbs() + 1;
}
Number shift_right(Number a, std::size_t bits, std::span<Limb> out);

inline std::size_t bitwise_limbs(Number a, Number b) {
  return add_limbs(a, b);
}
Number bit_and(Number a, Number b, std::span<Limb> out);
Number bit_or(Number a, Number b, std::span<Limb> out);
Number bit_xor(Number a, Number b, std::span<Limb> out);
inline std::size_t bit_not_limbs(Number a) {
  return a.limbs() + 2;
}
Number bit_not(Number a, std::span<Limb> out);

// The nearest double, ties to even; nullopt where that would be infinite.
std::optional<double> to_double(Number a);
inline constexpr std::size_t kDoubleLimbs = 17;  // enough for any finite double
// The integral part. REQUIRES: d is finite.
Number from_double(double d, std::span<Limb> out);

// Text in bases 2 to 36, digits only: no sign, no prefix, either case.
std::size_t parse_limbs(std::size_t digits, unsigned base);
std::uint64_t text_steps(std::size_t limbs);  // the work of parsing into or printing so many limbs
// nullopt where a character is not a digit of the base, or there is none.
std::optional<Number> parse(std::string_view digits, unsigned base, std::span<Limb> out,
                            const Watch* watch = nullptr);
// Lower case, with '-' where negative. to_text_size bounds its length.
std::size_t to_text_size(Number a, unsigned base);
void append_text(Number a, unsigned base, std::string& out, const Watch* watch = nullptr);

}  // namespace larkspur::starlark::bigint
