// What the instructions of the dispatch loop are written with. For interpreter.cc alone: the macros
// use its locals (pc, R, K, context_) and its labels.
#pragma once

#include "starlark/vm/interpreter.h"
#include "starlark/vm/operations.h"

namespace larkspur::starlark {

inline bool both_small_ints(Value a, Value b) {
  return ((a.bits() | b.bits()) & 3) == 0;
}
inline bool both_small_floats(Value a, Value b) {
  return a.is_small_float() && b.is_small_float();
}
inline std::int64_t word(Value v) {
  return static_cast<std::int64_t>(v.bits());
}
inline Value from_word(std::int64_t w) {
  return Value::from_bits(static_cast<std::uint64_t>(w));
}

// Equality that the words decide; false where it takes equal(): for the same object, too, which
// may be a cyclic list in a dialect that looks into it. A string is just itself.
inline bool decided_by_words(Value a, Value b, bool& result) {
  result = a.same(b);
  if (result) return !a.is_object() || a.as_object()->type == Type::kString;
  return both_small_ints(a, b) || (a.is_inline_string() && b.is_inline_string());
}

inline std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  std::int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}
inline std::int64_t floor_modulo(std::int64_t a, std::int64_t b) {
  std::int64_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

// Small ints that fit 31 bits and are not negative: for them a processor divides much faster, and
// needs no correction of signs.
inline bool both_halves(Value a, Value b) {
  return ((a.bits() | b.bits()) >> 33) == 0;
}
inline std::uint32_t half(Value v) {
  return static_cast<std::uint32_t>(v.bits() >> 2);
}

}  // namespace larkspur::starlark

// The instruction under way; its operands are read from the code where they are needed.
#define INSTRUCTION (pc[-1])
#define OPERAND_A R[INSTRUCTION.a]
#define OPERAND_B R[INSTRUCTION.b]
#define OPERAND_C R[INSTRUCTION.c]

#define NEXT()                                               \
  do {                                                       \
    ++pc;                                                    \
    goto* kLabels[static_cast<std::size_t>(INSTRUCTION.op)]; \
  } while (0)

// R[reg] = value, which may have failed.
#define STORE(reg, value)                \
  do {                                   \
    Value stored = (value);              \
    if (stored.is_failed()) goto failed; \
    R[reg] = stored;                     \
    NEXT();                              \
  } while (0)

#define JUMP_WHEN(condition, distance)                         \
  do {                                                         \
    if ((condition) == (INSTRUCTION.aux != 0)) pc += distance; \
    NEXT();                                                    \
  } while (0)

#define CHARGE_STEP()                         \
  do {                                        \
    if (context_.fuel_.left > 1) [[likely]] { \
      --context_.fuel_.left;                  \
    } else if (!context_.charge_slow(1)) {    \
      goto failed;                            \
    }                                         \
  } while (0)

#define COMPARE(op, symbol, x, y)                                      \
  Value left = (x);                                                    \
  Value right = (y);                                                   \
  bool holds;                                                          \
  if (both_small_ints(left, right)) {                                  \
    holds = word(left) symbol word(right);                             \
  } else if (both_small_floats(left, right)) {                         \
    holds = left.as_small_float() symbol right.as_small_float();       \
  } else if (!compares(context_, CompareOp::op, left, right, holds)) { \
    goto failed;                                                       \
  }

#define EQUALS(x, y)                                                                   \
  Value left = (x);                                                                    \
  Value right = (y);                                                                   \
  bool holds;                                                                          \
  if (!decided_by_words(left, right, holds) && !equal(context_, left, right, holds)) { \
    goto failed;                                                                       \
  }

// The fast halves of the operators. What they leave to others has `left` and `right` as its
// operands.

#define STORE_FLOAT(value)                  \
  double number = (value);                  \
  if (Value::fits_small_float(number)) {    \
    OPERAND_A = Value::small_float(number); \
    NEXT();                                 \
  }                                         \
  STORE(INSTRUCTION.a, context_.real(number));

// `other` is binary() or binary_in_place().
#define ADD(x, y, other)                                                                        \
  Value left = (x);                                                                             \
  Value right = (y);                                                                            \
  if (std::int64_t sum;                                                                         \
      both_small_ints(left, right) && !__builtin_add_overflow(word(left), word(right), &sum)) { \
    OPERAND_A = from_word(sum);                                                                 \
    NEXT();                                                                                     \
  }                                                                                             \
  if (both_small_floats(left, right)) {                                                         \
    STORE_FLOAT(left.as_small_float() + right.as_small_float());                                \
  }                                                                                             \
  STORE(INSTRUCTION.a, other(context_, BinaryOp::kAdd, left, right));

#define SUBTRACT(x, y)                                                                           \
  Value left = (x);                                                                              \
  Value right = (y);                                                                             \
  if (std::int64_t rest;                                                                         \
      both_small_ints(left, right) && !__builtin_sub_overflow(word(left), word(right), &rest)) { \
    OPERAND_A = from_word(rest);                                                                 \
    NEXT();                                                                                      \
  }                                                                                              \
  if (both_small_floats(left, right)) {                                                          \
    STORE_FLOAT(left.as_small_float() - right.as_small_float());                                 \
  }                                                                                              \
  STORE(INSTRUCTION.a, binary(context_, BinaryOp::kSub, left, right));

// Plus or minus a number that stands in the instruction.
#define ADD_INT(x, number, with_overflow, op)                                                   \
  Value left = (x);                                                                             \
  Value right = Value::small_int(number);                                                       \
  if (std::int64_t sum; left.is_small_int() && !with_overflow(word(left), word(right), &sum)) { \
    OPERAND_A = from_word(sum);                                                                 \
    NEXT();                                                                                     \
  }                                                                                             \
  STORE(INSTRUCTION.a, binary(context_, BinaryOp::op, left, right));

#define BITWISE(op, symbol, x, y)                                  \
  Value left = (x);                                                \
  Value right = (y);                                               \
  if (both_small_ints(left, right)) {                              \
    OPERAND_A = Value::from_bits(left.bits() symbol right.bits()); \
    NEXT();                                                        \
  }                                                                \
  STORE(INSTRUCTION.a, binary(context_, BinaryOp::op, left, right));

// One operand keeps its shift by two: so does the product.
#define MULTIPLY(x, y)                                                                             \
  Value left = (x);                                                                                \
  Value right = (y);                                                                               \
  if (std::int64_t product; both_small_ints(left, right) &&                                        \
                            !__builtin_mul_overflow(left.as_small_int(), word(right), &product)) { \
    OPERAND_A = from_word(product);                                                                \
    NEXT();                                                                                        \
  }                                                                                                \
  if (both_small_floats(left, right)) {                                                            \
    STORE_FLOAT(left.as_small_float() * right.as_small_float());                                   \
  }                                                                                                \
  STORE(INSTRUCTION.a, binary(context_, BinaryOp::kMul, left, right));

// An inline float is never zero.
#define DIVIDE(x, y)                                             \
  Value left = (x);                                              \
  Value right = (y);                                             \
  if (both_small_floats(left, right)) {                          \
    STORE_FLOAT(left.as_small_float() / right.as_small_float()); \
  }                                                              \
  STORE(INSTRUCTION.a, binary(context_, BinaryOp::kDiv, left, right));

#define FLOOR_DIVIDE(x, y)                                                            \
  Value left = (x);                                                                   \
  Value right = (y);                                                                  \
  if (both_small_ints(left, right) && right.bits() != 0) {                            \
    if (both_halves(left, right)) {                                                   \
      OPERAND_A = Value::small_int(half(left) / half(right));                         \
      NEXT();                                                                         \
    }                                                                                 \
    STORE(INSTRUCTION.a,                                                              \
          context_.integer(floor_divide(left.as_small_int(), right.as_small_int()))); \
  }                                                                                   \
  STORE(INSTRUCTION.a, binary(context_, BinaryOp::kFloorDiv, left, right));

#define MODULO(x, y)                                                                             \
  Value left = (x);                                                                              \
  Value right = (y);                                                                             \
  if (both_small_ints(left, right) && right.bits() != 0) {                                       \
    OPERAND_A = both_halves(left, right)                                                         \
                    ? Value::small_int(half(left) % half(right))                                 \
                    : Value::small_int(floor_modulo(left.as_small_int(), right.as_small_int())); \
    NEXT();                                                                                      \
  }                                                                                              \
  STORE(INSTRUCTION.a, binary(context_, BinaryOp::kMod, left, right));

#define CONTAINS(container, x) \
  bool holds;                  \
  if (!contains(context_, container, x, holds)) goto failed;

// The three instructions of an order: as a value, and as jumps.
#define ORDERED(name, symbol)                                                      \
  op_##name : {                                                                    \
    COMPARE(k##name, symbol, OPERAND_B, OPERAND_C);                                \
    OPERAND_A = Value::boolean(holds);                                             \
    NEXT();                                                                        \
  }                                                                                \
  op_Jump##name : {                                                                \
    COMPARE(k##name, symbol, OPERAND_A, OPERAND_B);                                \
    JUMP_WHEN(holds, INSTRUCTION.c_signed());                                      \
  }                                                                                \
  op_Jump##name##Int : {                                                           \
    COMPARE(k##name, symbol, OPERAND_A, Value::small_int(INSTRUCTION.b_signed())); \
    JUMP_WHEN(holds, INSTRUCTION.c_signed());                                      \
  }
