#include "starlark/lib/float_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

namespace larkspur::starlark {
namespace {

bool append_special(double d, std::string& out) {
  if (std::isfinite(d)) return false;
  out += std::isnan(d) ? "nan" : "inf";
  return true;
}

// The shortest digits of a magnitude, with an exponent from `limit` on and below 1e-4.
void append_shortest(double magnitude, double limit, std::string& out) {
  if (append_special(magnitude, out)) return;
  const bool scientific = magnitude != 0 && (magnitude < 1e-4 || magnitude >= limit);
  std::array<char, 400> text;
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), magnitude,
                    scientific ? std::chars_format::scientific : std::chars_format::fixed);
  (void)error;  // 400 characters are enough for any double
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out += digits;
  if (!scientific && digits.find('.') == digits.npos) out += ".0";
}

}  // namespace

void append_float(double d, std::string& out) {
  const bool negative = std::signbit(d) && !std::isnan(d);
  if (negative || std::isinf(d)) out += negative ? '-' : '+';
  append_shortest(std::fabs(d), 1e16, out);
}

void append_float(double d, FloatStyle style, std::string& out) {
  if (append_special(d, out)) return;
  std::string format = style.alternate ? "%#.*" : "%.*";
  format += style.conversion;
  const double magnitude = std::fabs(d);
  std::array<char, 128> small;
  const int size =
      std::snprintf(small.data(), small.size(), format.c_str(), style.precision, magnitude);
  const auto length = static_cast<std::size_t>(size);
  if (length < small.size()) {
    out.append(small.data(), length);
    return;
  }
  std::vector<char> large(length + 1);
  std::snprintf(large.data(), large.size(), format.c_str(), style.precision, magnitude);
  out.append(large.data(), length);
}

void append_general_float(double d, bool upper, std::string& out) {
  std::string text;
  append_shortest(std::fabs(d), 1e6, text);
  if (upper) std::ranges::replace(text, 'e', 'E');
  out += text;
}

}  // namespace larkspur::starlark
