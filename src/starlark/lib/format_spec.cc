#include "starlark/lib/format_spec.h"

#include <algorithm>
#include <cmath>

#include "starlark/lib/float_text.h"
#include "starlark/lib/format.h"
#include "starlark/lib/number_text.h"

namespace larkspur::starlark::lib {
namespace {

bool is_align(char c) {
  return c == '<' || c == '>' || c == '^' || c == '=';
}
bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool invalid_spec(Context& context, std::string_view text) {
  std::string shown(text.substr(0, 60));
  while (!shown.empty() && text.size() > 60 && is_continuation(text[shown.size()]))
    shown.pop_back();
  context.fail("format: invalid format spec \"" + shown + "\"",
               "a spec is [[fill]align][sign][#][0][width][,][.precision][type], as in '>10.2f'");
  return false;
}

// Digits in groups of three (four for bases 2, 8, 16), zeros in front up to `width` characters in
// all.
std::string grouped(std::string_view digits, char separator, std::size_t group, std::size_t width) {
  const auto size_of = [&](std::size_t n) {
    return n + (separator == 0 || n == 0 ? 0 : (n - 1) / group);
  };
  std::size_t count = digits.size();
  while (size_of(count) < width) ++count;
  std::string text;
  text.reserve(size_of(count));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t zeros = count - digits.size();
    if (separator != 0 && i != 0 && (count - i) % group == 0) text += separator;
    text += i < zeros ? '0' : digits[i - zeros];
  }
  return text;
}

bool append_fill(StringBuilder& out, std::string_view fill, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!out.append(fill)) return false;
  }
  return true;
}

std::string_view sign_text(bool negative, const FormatSpec& spec) {
  if (negative) return "-";
  return spec.sign == '+' ? "+" : (spec.sign == ' ' ? " " : "");
}

}  // namespace

bool parse_format_size(Context& context, std::string_view& text, int& out) {
  int size = 0;
  for (; !text.empty() && is_ascii_digit(text[0]); text.remove_prefix(1)) {
    size = size * 10 + (text[0] - '0');
    if (size > kMaxFormatWidth) {
      context.fail("format: width or precision is too large: at most " +
                   std::to_string(kMaxFormatWidth));
      return false;
    }
  }
  out = size;
  return true;
}

bool parse_format_spec(Context& context, std::string_view text, FormatSpec& out) {
  const std::string_view whole = text;
  const std::size_t first = text.empty() ? 0 : sequence_length(text[0]);
  if (first < text.size() && is_align(text[first])) {
    out.fill = text.substr(0, first);
    out.align = text[first];
    text.remove_prefix(first + 1);
  } else if (!text.empty() && is_align(text[0])) {
    out.align = text[0];
    text.remove_prefix(1);
  }
  if (!text.empty() && (text[0] == '+' || text[0] == '-' || text[0] == ' ')) {
    out.sign = text[0];
    text.remove_prefix(1);
  }
  out.alternate = take(text, '#');
  if (take(text, '0') && out.align == 0) {
    out.fill = "0";
    out.align = '=';
  }
  if (!parse_format_size(context, text, out.width)) return false;
  if (!text.empty() && (text[0] == ',' || text[0] == '_')) {
    out.grouping = text[0];
    text.remove_prefix(1);
  }
  if (take(text, '.')) {
    if (text.empty() || !is_ascii_digit(text[0])) return invalid_spec(context, whole);
    if (!parse_format_size(context, text, out.precision)) return false;
  }
  if (!text.empty()) {
    out.type = text[0];
    text.remove_prefix(1);
  }
  return text.empty() || invalid_spec(context, whole);
}

bool append_number(StringBuilder& out, const NumberText& number, const FormatSpec& spec) {
  const auto width = static_cast<std::size_t>(spec.width);
  const std::size_t around = number.sign.size() + number.prefix.size() + number.rest.size();
  const std::size_t zero_width = spec.zero_padded() && width > around ? width - around : 0;
  const bool hexadecimal =
      spec.type == 'x' || spec.type == 'X' || spec.type == 'b' || spec.type == 'o';
  const bool plain = spec.grouping == 0 && number.digits.size() >= zero_width;
  const std::string arranged =
      plain ? std::string()
            : grouped(number.digits, spec.grouping, hexadecimal ? 4 : 3, zero_width);
  const std::string_view digits = plain ? number.digits : std::string_view(arranged);

  const std::size_t size = around + digits.size();
  const std::size_t padding = width > size ? width - size : 0;
  const char align = spec.align == 0 ? '>' : spec.align;
  const std::size_t left = align == '>' ? padding : (align == '^' ? padding / 2 : 0);
  const std::size_t inside = align == '=' ? padding : 0;
  return append_fill(out, spec.fill, left) && out.append(number.sign) &&
         out.append(number.prefix) && append_fill(out, spec.fill, inside) && out.append(digits) &&
         out.append(number.rest) && append_fill(out, spec.fill, padding - left - inside);
}

bool append_text(StringBuilder& out, std::string_view text, const FormatSpec& spec,
                 char default_align) {
  std::size_t length = 0, end = 0;
  const std::size_t limit =
      spec.precision < 0 ? text.size() : static_cast<std::size_t>(spec.precision);
  if (spec.precision < 0 && spec.width == 0) return out.append(text);
  if (!out.context().charge_bytes(text.size())) return false;
  for (; end < text.size() && length < limit; ++length) end += sequence_length(text[end]);
  const auto width = static_cast<std::size_t>(spec.width);
  const std::size_t padding = width > length ? width - length : 0;
  const char align = spec.align == 0 || spec.align == '=' ? default_align : spec.align;
  const std::size_t left = align == '>' ? padding : (align == '^' ? padding / 2 : 0);
  return append_fill(out, spec.fill, left) && out.append(text.substr(0, end)) &&
         append_fill(out, spec.fill, padding - left);
}

bool append_int(StringBuilder& out, Value value, const FormatSpec& spec) {
  const char type = spec.type;
  const unsigned base =
      type == 'x' || type == 'X' ? 16 : (type == 'o' ? 8 : (type == 'b' ? 2 : 10));
  std::string digits;
  if (!append_int_digits(out.context(), value, base, digits)) return false;
  std::string_view prefix;
  if (spec.alternate && base != 10)
    prefix = base == 2 ? "0b" : (base == 8 ? "0o" : (type == 'X' ? "0X" : "0x"));
  if (type == 'X') {
    std::ranges::transform(digits, digits.begin(),
                           [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  }
  // %.5d: at least so many digits.
  if (spec.precision > static_cast<int>(digits.size())) {
    digits.insert(0, static_cast<std::size_t>(spec.precision) - digits.size(), '0');
  }
  return append_number(out, {sign_text(is_negative_int(value), spec), prefix, digits, {}}, spec);
}

bool append_real(StringBuilder& out, double d, const FormatSpec& spec) {
  const bool percent = spec.type == '%';
  const bool bare = spec.type == 0;
  std::string text;
  if (!out.context().charge(
          1 + (spec.precision > 0 ? static_cast<std::uint64_t>(spec.precision) / 8 : 0)))
    return false;
  if (bare && spec.precision < 0) {
    append_float(std::fabs(d), text);
    if (text.starts_with('+')) text.erase(0, 1);
  } else {
    const char conversion = percent ? 'f' : (bare || spec.type == 'n' ? 'g' : spec.type);
    const int precision = spec.precision < 0 ? 6 : spec.precision;
    append_float(percent ? d * 100 : d, {conversion, precision, spec.alternate}, text);
  }
  if (percent) text += '%';
  const bool negative = std::signbit(d) && !std::isnan(d);
  const std::string_view whole =
      std::string_view(text).substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
  if (whole.empty()) {  // inf, nan: nothing to pad with zeros
    FormatSpec padded = spec;
    if (spec.zero_padded()) padded.fill = " ";
    padded.align = spec.align == '=' ? '>' : spec.align;
    const bool positive_infinity = std::isinf(d) && !negative;
    return append_number(out, {positive_infinity ? "+" : sign_text(negative, spec), {}, {}, text},
                         padded);
  }
  return append_number(
      out, {sign_text(negative, spec), {}, whole, std::string_view(text).substr(whole.size())},
      spec);
}

}  // namespace larkspur::starlark::lib
