// The operators on numbers, and the table that says which operator does what for which types.

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "starlark/lib/number_text.h"
#include "starlark/vm/integers.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/sequences.h"

namespace larkspur::starlark {
namespace {

using bigint::Limb;
using bigint::Number;

Value unsupported(Context& context, BinaryOp op, Value a, Value b) {
  bool text_and_other = op == BinaryOp::kAdd && is_string(a) != is_string(b);
  return context.fail(
      fmt::format("unknown binary op: {} {} {}", type_name(a), symbol_of(op), type_name(b)),
      text_and_other ? "convert with str(x), or use \"%s\" % x" : "");
}

Value too_large(Context& context) {
  return context.fail("integer too large",
                      fmt::format("ints have at most {} bits", bigint::kMaxBits));
}

// Limbs on the script's heap for one result. Small results are copied into a BigInt and the block
// is given back. A large block becomes the BigInt itself, its header that of the object: freeing it
// would leave holes that the next, slightly larger number does not fit into, and the process would
// grow to twice what the script is charged for.
class Scratch {
 public:
  Scratch(Context& context, std::size_t limbs) : context_(context), bytes_(limbs * sizeof(Limb)) {
    if (limbs <= std::size(inline_)) {
      limbs_ = {inline_, limbs};
      return;
    }
    block_ = context.heap().allocate_block(bytes_);
    if (block_ == nullptr) {
      context.out_of_memory();
    } else {
      limbs_ = {static_cast<Limb*>(block_), limbs};
    }
  }
  ~Scratch() {
    if (block_ != nullptr) context_.heap().free_block(block_, bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  bool ok() const { return limbs_.data() != nullptr; }
  std::span<Limb> limbs() const { return limbs_; }
  // REQUIRES: n lies in limbs(), normalised.
  Value finish(Number n) {
    if (n.limbs() > bigint::kMaxLimbs) return too_large(context_);
    bool fills_block = block_ != nullptr && bytes_ > Heap::kLargeBytes &&
                       n.limbs() > limbs_.size() / 2 && n.magnitude.data() == limbs_.data();
    if (!fills_block) return context_.integer(n.magnitude, n.negative);
    auto* big = static_cast<BigInt*>(Heap::header_of(std::exchange(block_, nullptr)));
    static_cast<Object&>(*big) = {.type = Type::kInt};
    if (n.negative) big->flags = Object::kNegative;
    big->length = static_cast<std::uint32_t>(n.limbs());
    return Value::object(big);
  }

 private:
  Context& context_;
  std::span<Limb> limbs_;
  void* block_ = nullptr;
  std::size_t bytes_;
  Limb inline_[4];
};

// f(a, b, limbs) for functions of lib/bigint.h whose result needs `size` limbs and `steps` of work.
template <class F>
Value compute(Context& context, F f, Number a, Number b, std::size_t size, std::uint64_t steps) {
  if (!context.charge(steps)) return Value::failed();
  Scratch scratch(context, size);
  return scratch.ok() ? scratch.finish(f(a, b, scratch.limbs())) : Value::failed();
}

Value divide_ints(Context& context, BinaryOp op, Number a, Number b) {
  if (b.is_zero()) {
    return context.fail(op == BinaryOp::kMod ? "integer modulo by zero"
                                             : "floored division by zero");
  }
  if (!context.charge(bigint::divmod_steps(a.limbs(), b.limbs()))) return Value::failed();
  Scratch quotient(context, bigint::quotient_limbs(a, b));
  Scratch remainder(context, bigint::remainder_limbs(a, b));
  if (!quotient.ok() || !remainder.ok()) return Value::failed();
  const bigint::Watch watch = watch_of(context);
  auto result = bigint::divmod(a, b, quotient.limbs(), remainder.limbs(), &watch);
  if (context.has_failed()) return Value::failed();
  return op == BinaryOp::kMod ? remainder.finish(result.remainder)
                              : quotient.finish(result.quotient);
}

Value shift(Context& context, BinaryOp op, Number a, Number b) {
  if (b.negative) return context.fail("negative shift count");
  auto bits = bigint::to_int64(b);
  bool left = op == BinaryOp::kShiftLeft;
  if (left) {
    if (context.strict() && (!bits || *bits >= 512)) return context.fail("shift count too large");
    if (a.is_zero()) return Value::small_int(0);
    if (!bits || static_cast<std::size_t>(*bits) + bigint::bit_length(a) > bigint::kMaxBits) {
      return context.fail("shift count too large",
                          fmt::format("ints have at most {} bits", bigint::kMaxBits));
    }
  }
  // Beyond every bit of `a` a right shift changes nothing more.
  std::size_t count = bits && static_cast<std::uint64_t>(*bits) <= bigint::kMaxBits
                          ? static_cast<std::size_t>(*bits)
                          : bigint::kMaxBits;
  std::size_t size = left ? bigint::shift_left_limbs(a, count) : bigint::shift_right_limbs(a);
  if (!context.charge(size / 8)) return Value::failed();
  Scratch scratch(context, size);
  if (!scratch.ok()) return Value::failed();
  return scratch.finish(left ? bigint::shift_left(a, count, scratch.limbs())
                             : bigint::shift_right(a, count, scratch.limbs()));
}

Value divide_floats(Context& context, BinaryOp op, double a, double b) {
  if (b == 0) {
    return context.fail(op == BinaryOp::kDiv   ? "floating-point division by zero"
                        : op == BinaryOp::kMod ? "floating-point modulo by zero"
                                               : "floored division by zero");
  }
  if (op == BinaryOp::kDiv) return context.real(a / b);
  if (op == BinaryOp::kFloorDiv) return context.real(std::floor(a / b));
  double remainder = std::fmod(a, b);
  if (remainder != 0 && (remainder < 0) != (b < 0)) remainder += b;
  return context.real(remainder);
}

Value float_operation(Context& context, BinaryOp op, Value a, Value b) {
  double x;
  double y;
  if (!to_double(context, a, x) || !to_double(context, b, y)) return Value::failed();
  switch (op) {
    case BinaryOp::kAdd:
      return context.real(x + y);
    case BinaryOp::kSub:
      return context.real(x - y);
    case BinaryOp::kMul:
      return context.real(x * y);
    case BinaryOp::kDiv:
    case BinaryOp::kFloorDiv:
    case BinaryOp::kMod:
      return divide_floats(context, op, x, y);
    case BinaryOp::kPower:
      return context.real(std::pow(x, y));
    default:
      return unsupported(context, op, a, b);
  }
}

// By squaring; each product is charged by its size, so that the cap ends it early.
Value power(Context& context, Value base, Value exponent) {
  if (!exponent.is_small_int()) return too_large(context);
  std::int64_t n = exponent.as_small_int();
  if (n < 0) return float_operation(context, BinaryOp::kPower, base, exponent);
  Value result = Value::small_int(1);
  for (; n > 0; n >>= 1) {
    if ((n & 1) != 0) result = integer_operation(context, BinaryOp::kMul, result, base);
    if (result.is_failed()) return result;
    if (n > 1) base = integer_operation(context, BinaryOp::kMul, base, base);
    if (base.is_failed()) return base;
  }
  return result;
}

bool is_number(Value v) {
  return is_int(v) || is_float(v);
}

}  // namespace

Value integer_operation(Context& context, BinaryOp op, Value left, Value right) {
  IntView left_view(left);
  IntView right_view(right);
  Number a = left_view.number();
  Number b = right_view.number();
  std::size_t linear = bigint::add_limbs(a, b);
  switch (op) {
    case BinaryOp::kAdd:
      return compute(context, bigint::add, a, b, linear, linear / 8);
    case BinaryOp::kSub:
      return compute(context, bigint::sub, a, b, linear, linear / 8);
    case BinaryOp::kMul:
      if (bigint::mul_limbs(a, b) > bigint::kMaxLimbs + 1) return too_large(context);
      return compute(context, bigint::mul, a, b, bigint::mul_limbs(a, b),
                     bigint::mul_steps(a.limbs(), b.limbs()));
    case BinaryOp::kDiv:
      return float_operation(context, op, left, right);
    case BinaryOp::kFloorDiv:
    case BinaryOp::kMod:
      return divide_ints(context, op, a, b);
    case BinaryOp::kAnd:
      return compute(context, bigint::bit_and, a, b, bigint::bitwise_limbs(a, b), linear / 8);
    case BinaryOp::kOr:
      return compute(context, bigint::bit_or, a, b, bigint::bitwise_limbs(a, b), linear / 8);
    case BinaryOp::kXor:
      return compute(context, bigint::bit_xor, a, b, bigint::bitwise_limbs(a, b), linear / 8);
    case BinaryOp::kShiftLeft:
    case BinaryOp::kShiftRight:
      return shift(context, op, a, b);
    case BinaryOp::kPower:
      return power(context, left, right);
  }
  return Value::failed();
}

std::string_view symbol_of(BinaryOp op) {
  static constexpr std::string_view kSymbols[] = {"+", "-", "*", "/",  "//", "%",
                                                  "&", "|", "^", "<<", ">>", "**"};
  return kSymbols[static_cast<std::size_t>(op)];
}

namespace {

Value foreign_operation(Context& context, BinaryOp op, Value a, Value b) {
  const Value owner = is_object_of(a, Type::kForeign) ? a : b;
  const ForeignType& type = *object_cast<Foreign>(owner)->foreign;
  return type.binary == nullptr ? Value::missing() : type.binary(context, op, a, b);
}

}  // namespace

Value binary(Context& context, BinaryOp op, Value a, Value b) {
  if (is_int(a) && is_int(b)) return integer_operation(context, op, a, b);
  if (is_number(a) && is_number(b)) return float_operation(context, op, a, b);
  if (op == BinaryOp::kMod && is_string(a)) return format_percent(context, a, b);
  Value result = is_object_of(a, Type::kForeign) || is_object_of(b, Type::kForeign)
                     ? foreign_operation(context, op, a, b)
                     : container_operation(context, op, a, b);
  return result.is_missing() ? unsupported(context, op, a, b) : result;
}

Value binary_in_place(Context& context, BinaryOp op, Value a, Value b) {
  Value result = container_operation_in_place(context, op, a, b);
  return result.is_missing() ? binary(context, op, a, b) : result;
}

Value negate(Context& context, Value a) {
  if (is_float(a)) return context.real(-as_float(a));
  if (is_int(a)) return integer_operation(context, BinaryOp::kSub, Value::small_int(0), a);
  return context.fail(fmt::format("unknown unary op: - {}", type_name(a)));
}

Value unary_plus(Context& context, Value a) {
  if (is_number(a)) return a;
  return context.fail(fmt::format("unknown unary op: + {}", type_name(a)));
}

Value bit_not(Context& context, Value a) {
  // ~a == -1 - a, for ints of any size.
  if (is_int(a)) return integer_operation(context, BinaryOp::kSub, Value::small_int(-1), a);
  return context.fail(fmt::format("unknown unary op: ~ {}", type_name(a)));
}

}  // namespace larkspur::starlark
