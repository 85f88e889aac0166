// The math module: floats in, floats out; ceil and floor give ints.
#include <cmath>
#include <numbers>

#include "starlark/lib/natives.h"
#include "starlark/lib/number_text.h"

namespace larkspur::starlark::lib {
namespace {

bool want_number(Context& context, const Args& args, std::string_view parameter, Value value,
                 double& out) {
  if (!is_int(value) && !is_float(value)) {
    wrong_type(context, args, parameter, value, "float or int");
    return false;
  }
  return to_double(context, value, out);
}

template <double (*kFunction)(double)>
Value unary(Context& context, const Args& args) {
  Value x;
  double d = 0;
  if (!args.bind(context, {"x", "/"}, &x) || !want_number(context, args, "x", x, d))
    return Value::failed();
  return context.real(kFunction(d));
}

template <double (*kFunction)(double, double)>
Value two_numbers(Context& context, const Args& args) {
  Value v[2];
  double x = 0, y = 0;
  if (!args.bind(context, {"x", "y", "/"}, v) || !want_number(context, args, "x", v[0], x) ||
      !want_number(context, args, "y", v[1], y)) {
    return Value::failed();
  }
  return context.real(kFunction(x, y));
}

template <double (*kFunction)(double)>
Value to_whole(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  if (is_int(x)) return x;
  double d = 0;
  if (!want_number(context, args, "x", x, d)) return Value::failed();
  return int_from_double(context, kFunction(d), args.function_name());
}

// Overloads of the C library pinned to double.
double acos_of(double x) {
  return std::acos(x);
}
double acosh_of(double x) {
  return std::acosh(x);
}
double asin_of(double x) {
  return std::asin(x);
}
double asinh_of(double x) {
  return std::asinh(x);
}
double atan_of(double x) {
  return std::atan(x);
}
double atan2_of(double y, double x) {
  return std::atan2(y, x);
}
double atanh_of(double x) {
  return std::atanh(x);
}
double ceil_of(double x) {
  return std::ceil(x);
}
double copysign_of(double x, double y) {
  return std::copysign(x, y);
}
double cos_of(double x) {
  return std::cos(x);
}
double cosh_of(double x) {
  return std::cosh(x);
}
double degrees_of(double x) {
  return x * 180 / std::numbers::pi;
}
double exp_of(double x) {
  return std::exp(x);
}
double fabs_of(double x) {
  return std::fabs(x);
}
double floor_of(double x) {
  return std::floor(x);
}
double gamma_of(double x) {
  return std::tgamma(x);
}
double hypot_of(double x, double y) {
  return std::hypot(x, y);
}
double fmod_of(double x, double y) {
  return std::fmod(x, y);
}
double pow_of(double x, double y) {
  return std::pow(x, y);
}
double radians_of(double x) {
  return x * std::numbers::pi / 180;
}
double remainder_of(double x, double y) {
  return std::remainder(x, y);
}
double round_of(double x) {
  return std::round(x);
}
double sin_of(double x) {
  return std::sin(x);
}
double sinh_of(double x) {
  return std::sinh(x);
}
double sqrt_of(double x) {
  return std::sqrt(x);
}
double tan_of(double x) {
  return std::tan(x);
}
double tanh_of(double x) {
  return std::tanh(x);
}

// log(x, base=e)
Value math_log(Context& context, const Args& args) {
  Value v[2];
  double x = 0, base = std::numbers::e;
  if (!args.bind(context, {"x", "base?", "/"}, v) || !want_number(context, args, "x", v[0], x)) {
    return Value::failed();
  }
  if (v[1].is_missing()) return context.real(std::log(x));
  if (!want_number(context, args, "base", v[1], base)) return Value::failed();
  if (base == 1) return context.fail("log: division by zero");
  return context.real(std::log(x) / std::log(base));
}

constexpr Builtin kFunctions[] = {
    {"acos", unary<acos_of>},
    {"acosh", unary<acosh_of>},
    {"asin", unary<asin_of>},
    {"asinh", unary<asinh_of>},
    {"atan", unary<atan_of>},
    {"atan2", two_numbers<atan2_of>},
    {"atanh", unary<atanh_of>},
    {"ceil", to_whole<ceil_of>},
    {"copysign", two_numbers<copysign_of>},
    {"cos", unary<cos_of>},
    {"cosh", unary<cosh_of>},
    {"degrees", unary<degrees_of>},
    {"exp", unary<exp_of>},
    {"fabs", unary<fabs_of>},
    {"floor", to_whole<floor_of>},
    {"gamma", unary<gamma_of>},
    {"hypot", two_numbers<hypot_of>},
    {"log", math_log},
    {"mod", two_numbers<fmod_of>},
    {"pow", two_numbers<pow_of>},
    {"radians", unary<radians_of>},
    {"remainder", two_numbers<remainder_of>},
    {"round", unary<round_of>},
    {"sin", unary<sin_of>},
    {"sinh", unary<sinh_of>},
    {"sqrt", unary<sqrt_of>},
    {"tan", unary<tan_of>},
    {"tanh", unary<tanh_of>},
};

constexpr NativeModule::Constant kConstants[] = {
    {"e", std::numbers::e}, {"pi", std::numbers::pi}, {"inf", HUGE_VAL}};

}  // namespace

constinit const NativeModule kMathModule("math", kFunctions, kConstants);

}  // namespace larkspur::starlark::lib
