// Functions on numbers and their text.
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "starlark/lib/bigint.h"
#include "starlark/lib/natives.h"
#include "starlark/lib/number_text.h"

namespace larkspur::starlark::lib {
namespace {

bool is_number(Value value) {
  return is_int(value) || is_float(value);
}

// What int() takes apart: sign, prefix, digits.
struct Literal {
  std::string_view digits;
  unsigned base;
  bool negative;
};

unsigned base_of_prefix(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') return 0;
  switch (text[1]) {
    case 'x':
    case 'X':
      return 16;
    case 'o':
    case 'O':
      return 8;
    case 'b':
    case 'B':
      return 2;
    default:
      return 0;
  }
}

// base 0: as the prefix says. False for what cannot be an int whatever its digits are.
bool take_apart(std::string_view text, unsigned base, Literal& out) {
  out.negative = text.starts_with('-');
  if (out.negative || text.starts_with('+')) text.remove_prefix(1);
  const unsigned prefix = base_of_prefix(text);
  if (prefix != 0 && (base == 0 || base == prefix)) {
    out = {text.substr(2), prefix, out.negative};
  } else {
    // int("0755", 0) is refused: it could mean two things.
    if (base == 0 && text.starts_with('0') && text.find_first_not_of('0') != text.npos)
      return false;
    out = {text, base == 0 ? 10 : base, out.negative};
  }
  return true;
}

Value int_from_text(Context& context, const Value& text, unsigned base) {
  Literal literal{};
  Value result = Value::missing();
  const std::string_view digits = context.strict() ? text_of(text) : trim(text_of(text));
  if (take_apart(digits, base, literal)) {
    result = parse_int(context, literal.digits, literal.base, literal.negative, "int");
  }
  if (!result.is_missing()) return result;
  const std::string what = "int: invalid literal with base " + std::to_string(base);
  return context.fail(what + ": " + std::string(truncate_utf8(text_of(text), 100)), {}, what);
}

// round(d, digits) for a float: correct decimal rounding of the exact value, halves to even.
double round_decimal(double d, std::int64_t digits) {
  if (!std::isfinite(d) || digits > 330) return d;
  if (digits < -330) return 0.0 * d;
  if (digits < 0) {
    const double scale = std::pow(10.0, static_cast<double>(-digits));
    return std::nearbyint(d / scale) * scale;
  }
  char text[700];
  std::snprintf(text, sizeof(text), "%.*f", static_cast<int>(digits), d);
  return std::strtod(text, nullptr);
}

// round(i, -digits) for an int: i to a multiple of 10 ** digits, halves to the even multiple.
Value round_int(Context& context, Value i, std::int64_t digits) {
  using enum BinaryOp;
  if (digits > 315'652) return Value::small_int(0);  // more than twice the largest int
  const Value unit = binary(context, kPower, Value::small_int(10), Value::small_int(digits));
  if (unit.is_failed()) return unit;
  const Value half = binary(context, kFloorDiv, unit, Value::small_int(2));
  const Value rest = half.is_failed() ? half : binary(context, kMod, i, unit);
  Value down = rest.is_failed() ? rest : binary(context, kSub, i, rest);
  if (down.is_failed()) return down;
  Order order = compare_numbers(rest, half);
  if (order == Order::kEqual) {
    const Value multiple = binary(context, kFloorDiv, down, unit);
    if (multiple.is_failed()) return multiple;
    const Value odd = binary(context, kMod, multiple, Value::small_int(2));
    if (odd.is_failed()) return odd;
    order = truth(odd) ? Order::kGreater : Order::kLess;
  }
  return order == Order::kGreater ? binary(context, kAdd, down, unit) : down;
}

// x ** y % mod by squaring, so that no number grows beyond the square of mod.
Value power_modulo(Context& context, Value x, Value y, Value mod) {
  using enum BinaryOp;
  if (!is_int(x) || !is_int(y) || !is_int(mod)) {
    return context.fail("pow: all arguments must be ints when mod is given");
  }
  if (is_negative_int(y)) return context.fail("pow: negative exponent with mod");
  const std::uint64_t small = y.is_small_int() ? static_cast<std::uint64_t>(y.as_small_int()) : 0;
  const bigint::Number exponent = y.is_small_int()
                                      ? bigint::Number{{&small, small == 0 ? 0u : 1u}, false}
                                      : bigint::Number{as_big_int(y)->magnitude(), false};
  Value result = binary(context, kMod, Value::small_int(1), mod);
  for (std::size_t bit = bigint::bit_length(exponent); bit-- > 0 && !result.is_failed();) {
    if (!context.charge(2)) return Value::failed();
    const bool set = (exponent.magnitude[bit / 64] >> (bit % 64) & 1) != 0;
    for (int round = 0; round < (set ? 2 : 1) && !result.is_failed(); ++round) {
      result = binary(context, kMul, result, round == 0 ? result : x);
      if (!result.is_failed()) result = binary(context, kMod, result, mod);
    }
  }
  return result;
}

}  // namespace

Value fn_abs(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  if (x.is_small_int()) return context.integer(std::abs(x.as_small_int()));
  if (is_int(x)) return as_big_int(x)->negative() ? negate(context, x) : x;
  if (is_float(x)) return context.real(std::fabs(as_float(x)));
  return wrong_type(context, args, "x", x, "int or float");
}

Value fn_int(Context& context, const Args& args) {
  Value v[2] = {Value::missing(), Value::missing()};
  if (!args.bind(context, {"x?", "base?"}, v)) return Value::failed();
  if (context.strict() && v[0].is_missing()) return context.fail("int: missing argument for x");
  const Value x = v[0].is_missing() ? Value::small_int(0) : v[0];
  if (is_string(x)) {
    std::int64_t base = 10;
    if (!v[1].is_missing() && !is_int(v[1])) {
      return context.fail("int: base must be an integer, not " + std::string(type_name(v[1])));
    }
    if (!want_int(context, args, "base", v[1], base)) return Value::failed();
    if (base != 0 && (base < 2 || base > 36)) {
      return context.fail("int: base must be an integer >= 2 && <= 36");
    }
    if (!context.charge_bytes(text_of(x).size() * 4)) return Value::failed();
    return int_from_text(context, x, static_cast<unsigned>(base));
  }
  if (!v[1].is_missing()) return context.fail("int: can't convert non-string with explicit base");
  if (x.is_bool()) return Value::small_int(x.as_bool());
  if (is_int(x)) return x;
  if (is_float(x)) return int_from_double(context, as_float(x), "int");
  return context.fail("int: cannot convert " + std::string(type_name(x)) + " to int");
}

Value fn_float(Context& context, const Args& args) {
  Value x = Value::missing();
  if (!args.bind(context, {"x?", "/"}, &x)) return Value::failed();
  if (x.is_missing()) return context.real(0.0);
  if (x.is_bool()) return context.real(x.as_bool() ? 1.0 : 0.0);
  double d = 0;
  if (is_number(x)) return to_double(context, x, d) ? context.real(d) : Value::failed();
  if (!is_string(x)) {
    return context.fail("float: got " + std::string(type_name(x)) + ", want number or string");
  }
  const std::string_view text = context.strict() ? text_of(x) : trim(text_of(x));
  if (!context.charge_bytes(text.size() * 8)) return Value::failed();
  if (text.empty()) return context.fail("float: empty string");
  if (!context.charge_bytes(text.size() * 4)) return Value::failed();
  if (!parse_float(text, d)) {
    return context.fail(
        "float: invalid float literal: " + std::string(truncate_utf8(text_of(x), 100)), {},
        "float: invalid float literal");
  }
  const bool spelt_infinity = text.find_first_of("iI") != text.npos;
  if (std::isinf(d) && !spelt_infinity)
    return context.fail("float: floating-point number too large");
  return context.real(d);
}

Value fn_round(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"x", "digits?"}, v)) return Value::failed();
  const Value x = v[0];
  if (!is_number(x)) return wrong_type(context, args, "x", x, "int or float");
  std::int64_t digits = 0;
  if (!want_int(context, args, "digits", v[1], digits)) return Value::failed();
  const bool to_int = v[1].is_missing() || v[1].is_none();
  if (is_int(x))
    return digits >= 0 ? x : round_int(context, x, -std::max<std::int64_t>(digits, -400'000));
  const double d = as_float(x);
  if (to_int) return int_from_double(context, std::nearbyint(d), "round");
  return context.real(round_decimal(d, digits));
}

Value fn_divmod(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"x", "y", "/"}, v)) return Value::failed();
  const Value quotient = binary(context, BinaryOp::kFloorDiv, v[0], v[1]);
  if (quotient.is_failed()) return quotient;
  const Value remainder = binary(context, BinaryOp::kMod, v[0], v[1]);
  if (remainder.is_failed()) return remainder;
  const Value pair[] = {quotient, remainder};
  return context.tuple(pair);
}

Value fn_pow(Context& context, const Args& args) {
  Value v[3];
  if (!args.bind(context, {"x", "y", "mod?"}, v)) return Value::failed();
  if (!v[2].is_missing() && !v[2].is_none()) return power_modulo(context, v[0], v[1], v[2]);
  return binary(context, BinaryOp::kPower, v[0], v[1]);
}

Value fn_sum(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"x", "start?"}, v)) return Value::failed();
  Value total = v[1].is_missing() ? Value::small_int(0) : v[1];
  if (is_string(total)) return context.fail("sum: cannot sum strings", "use ''.join(x)");
  Iterator elements;
  if (!elements.start(context, v[0], "sum") || !context.charge(elements.remaining())) {
    return Value::failed();
  }
  Value element;
  for (std::size_t i = 0; elements.next(context, element); ++i) {
    if (!context.goes_on(i)) return Value::failed();
    total = binary(context, BinaryOp::kAdd, total, element);
    if (total.is_failed()) return total;
  }
  return total;
}

Value fn_chr(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"i", "/"}, &x)) return Value::failed();
  if (!is_int(x)) return context.fail("chr: got " + std::string(type_name(x)) + ", want int");
  if (is_negative_int(x)) {
    return context.fail("chr: Unicode code point " + short_repr(context, x) + " out of range (<0)");
  }
  if (!x.is_small_int() || x.as_small_int() > 0x10ffff) {
    std::string digits;
    if (!append_int_digits(context, x, 16, digits)) return Value::failed();
    return context.fail("chr: Unicode code point U+" + digits + " out of range (>0x10FFFF)");
  }
  char bytes[4];
  const std::size_t size = encode_utf8(static_cast<char32_t>(x.as_small_int()), bytes);
  return Value::inline_string({bytes, size});
}

Value fn_ord(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"c", "/"}, &x)) return Value::failed();
  if (is_bytes(x)) {
    const std::string_view data = as_bytes(x)->view();
    if (data.size() == 1) return Value::small_int(static_cast<unsigned char>(data[0]));
    return context.fail("ord: bytes has length " + std::to_string(data.size()) + ", want 1");
  }
  if (!is_string(x)) {
    return context.fail("ord: got " + std::string(type_name(x)) + ", want string or bytes");
  }
  std::size_t count = code_points(x);
  if (context.strict()) {  // a byte that is no UTF-8 counts, too
    const std::string_view text = text_of(x);
    count = 0;
    for (std::size_t i = 0; i < text.size(); ++count) next_code_point(text, i);
  }
  if (count != 1) {
    return context.fail("ord: string encodes " + std::to_string(count) +
                        " Unicode code points, want 1");
  }
  std::size_t position = 0;
  return Value::small_int(next_code_point(text_of(x), position));
}

}  // namespace larkspur::starlark::lib
