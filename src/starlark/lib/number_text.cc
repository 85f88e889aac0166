#include "starlark/lib/number_text.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "base/text.h"
#include "starlark/lib/bigint.h"
#include "starlark/vm/strings.h"

namespace larkspur::starlark {

Value parse_int(Context& context, std::string_view digits, unsigned base, bool negative,
                std::string_view what) {
  std::int64_t small = 0;
  const char* end = digits.data() + digits.size();
  const bool signless = !digits.empty() && digits[0] != '-';
  if (!signless) return Value::missing();
  const auto [stop, error] = std::from_chars(digits.data(), end, small, static_cast<int>(base));
  if (stop != end) return Value::missing();
  if (error == std::errc()) return context.integer(negative ? -small : small);

  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  const std::size_t limbs = bigint::parse_limbs(digits.size(), base);
  if (limbs > bigint::kMaxLimbs) {
    return context.fail(std::string(what) + ": int too large: more than " +
                        std::to_string(bigint::kMaxBits) + " bits");
  }
  if (!context.charge(bigint::text_steps(limbs)) || !context.reserve(limbs * 8)) {
    return Value::failed();
  }
  std::vector<bigint::Limb> room(limbs);
  const bigint::Watch watch = watch_of(context);
  const auto number = bigint::parse(digits, base, room, &watch);
  if (context.has_failed()) return Value::failed();
  return number ? context.integer(number->magnitude, negative) : Value::missing();
}

bool parse_float(std::string_view text, double& out) {
  if (text.size() > kMaxFloatBytes) return false;
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const bool negative = text.starts_with('-');
  const std::string_view magnitude = text.substr(negative ? 1 : 0);
  if (equals_ignore_case(magnitude, "inf") || equals_ignore_case(magnitude, "infinity")) {
    out = negative ? -std::numeric_limits<double>::infinity()
                   : std::numeric_limits<double>::infinity();
    return true;
  }
  if (equals_ignore_case(magnitude, "nan")) {
    out = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  // from_chars would take "infinity" and "nan(...)" too.
  if (magnitude.empty() || !(magnitude[0] == '.' || (magnitude[0] >= '0' && magnitude[0] <= '9'))) {
    return false;
  }
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (stop != text.data() + text.size() || error == std::errc::invalid_argument) return false;
  // Too large and too small alike are "out of range" and leave `out` alone; strtod tells them
  // apart.
  if (error == std::errc::result_out_of_range)
    out = std::strtod(std::string(text).c_str(), nullptr);
  return true;
}

bigint::Watch watch_of(Context& context) {
  return {.stop = [](void* data) { return !static_cast<Context*>(data)->charge(0); },
          .data = &context};
}

bool append_int_digits(Context& context, Value value, unsigned base, std::string& out) {
  if (value.is_small_int()) {
    const std::int64_t i = value.as_small_int();
    char text[64];
    const auto [end, error] =
        std::to_chars(text, text + sizeof(text), i < 0 ? -i : i, static_cast<int>(base));
    (void)error;  // 64 characters are enough for 62 bits
    out.append(text, end);
    return true;
  }
  const bigint::Number number{as_big_int(value)->magnitude(), false};
  if (!context.charge(bigint::text_steps(number.limbs()))) return false;
  const bigint::Watch watch = watch_of(context);
  bigint::append_text(number, base, out, &watch);
  return !context.has_failed();
}

bool append_small_int(StringBuilder& out, std::int64_t i) {
  char text[24];
  return out.append({text, std::to_chars(text, text + sizeof(text), i).ptr});
}

bool is_negative_int(Value value) {
  return value.is_small_int() ? value.as_small_int() < 0 : as_big_int(value)->negative();
}

bool to_double(Context& context, Value value, double& out) {
  if (is_float(value)) {
    out = as_float(value);
    return true;
  }
  if (value.is_small_int()) {
    out = static_cast<double>(value.as_small_int());
    return true;
  }
  const BigInt* big = as_big_int(value);
  const auto d = bigint::to_double({big->magnitude(), big->negative()});
  if (!d) {
    context.fail("int too large to convert to float");
    return false;
  }
  out = *d;
  return true;
}

Value int_from_double(Context& context, double d, std::string_view what) {
  if (!std::isfinite(d)) {
    return context.fail(std::string(what) + ": cannot convert float " +
                        (std::isnan(d) ? "NaN" : "infinity") + " to integer");
  }
  if (std::fabs(d) < 1e18) return context.integer(static_cast<std::int64_t>(d));
  bigint::Limb room[bigint::kDoubleLimbs];
  const bigint::Number number = bigint::from_double(d, room);
  return context.integer(number.magnitude, number.negative);
}

}  // namespace larkspur::starlark
