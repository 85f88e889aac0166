// The % operator on strings: %s %r %d %i %o %x %X %e %f %g %E %F %G %c %%, with %(name)s, flags,
// width and precision as Python has them.
#include "starlark/lib/float_text.h"
#include "starlark/lib/format_spec.h"
#include "starlark/lib/number_text.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

using lib::FormatSpec;

class Interpolation {
 public:
  Interpolation(Context& context, const Value& format, const Value& operand)
      : context_(context), out_(context), format_(text_of(format)), operand_(operand) {
    if (is_tuple(operand)) {
      positional_ = as_tuple(operand)->values();
    } else {
      positional_ = {&operand_, 1};
    }
  }

  Value run() {
    while (!format_.empty()) {
      const std::size_t percent = format_.find('%');
      if (!out_.append(format_.substr(0, percent))) return Value::failed();
      if (percent == format_.npos) break;
      format_.remove_prefix(percent + 1);
      if (!context_.charge(1) || !conversion()) return Value::failed();
    }
    // "..." % some_dict may use none of it.
    if (next_ < positional_.size() && !used_names_ && !is_dict(operand_)) {
      return context_.fail("too many arguments for format string");
    }
    return out_.finish();
  }

 private:
  // What follows a '%'.
  bool conversion() {
    if (bool fine = true; plain_conversion(fine)) return fine;
    if (format_.starts_with('%')) {
      format_.remove_prefix(1);
      return out_.append('%');
    }
    Value value = Value::missing();
    FormatSpec spec;
    if (format_.starts_with('(') && !named_argument(value)) return false;
    if (!flags_and_sizes(spec)) return false;
    if (format_.empty()) return fail("incomplete format");
    spec.type = format_[0];
    format_.remove_prefix(1);
    if (value.is_missing()) {
      if (next_ >= positional_.size()) return fail("not enough arguments for format string");
      value = positional_[next_++];
    }
    return write(value, spec);
  }

  // Nearly all are %s and %d, of a string or a small int. False where this one is not.
  bool plain_conversion(bool& fine) {
    if (format_.empty() || next_ >= positional_.size()) return false;
    const Value& value = positional_[next_];
    const bool shown = format_[0] == 's';
    if (shown && is_string(value)) {
      fine = out_.append(text_of(value));
    } else if ((shown || format_[0] == 'd') && value.is_small_int()) {
      fine = context_.charge(shown ? 1 : 0) && append_small_int(out_, value.as_small_int());
    } else {
      return false;
    }
    ++next_;
    format_.remove_prefix(1);
    return true;
  }

  bool named_argument(Value& value) {
    const std::size_t end = format_.find(')');
    if (end == format_.npos) return fail("incomplete format key");
    const std::string_view name = format_.substr(1, end - 1);
    format_.remove_prefix(end + 1);
    if (!is_dict(operand_)) return fail("format requires a mapping");
    used_names_ = true;
    value = table_find(*as_dict(operand_), name);
    if (value.is_missing()) return fail("key not found: " + std::string(name.substr(0, 60)));
    return true;
  }

  bool flags_and_sizes(FormatSpec& spec) {
    for (bool more = true; more && !format_.empty();) {
      switch (format_[0]) {
        case '-':
          spec.align = '<';
          spec.fill = " ";
          break;
        case '0':
          if (spec.align != '<') {
            spec.align = '=';
            spec.fill = "0";
          }
          break;
        case '+':
          spec.sign = '+';
          break;
        case ' ':
          spec.sign = spec.sign == '+' ? '+' : ' ';
          break;
        case '#':
          spec.alternate = true;
          break;
        default:
          more = false;
          continue;
      }
      format_.remove_prefix(1);
    }
    if (!lib::parse_format_size(context_, format_, spec.width)) return false;
    if (!format_.starts_with('.')) return true;
    format_.remove_prefix(1);
    return lib::parse_format_size(context_, format_, spec.precision);
  }

  bool write(const Value& value, FormatSpec& spec) {
    switch (spec.type) {
      case 's':
        return is_string(value) ? write_text(text_of(value), spec)
                                : write_shown(value, spec, append_str);
      case 'r':
        return write_shown(value, spec, append_repr);
      case 'd':
      case 'i':
      case 'o':
      case 'x':
      case 'X':
        return write_int(value, spec);
      case 'e':
      case 'f':
      case 'g':
      case 'E':
      case 'F':
      case 'G':
        return write_real(value, spec);
      case 'c':
        return write_character(value, spec);
      default:
        return fail(std::string("unknown conversion %") +
                    (spec.type >= ' ' && spec.type <= '~' ? spec.type : '?'));
    }
  }

  bool write_text(std::string_view text, const FormatSpec& spec) {
    FormatSpec padded = spec;
    padded.fill = " ";
    return lib::append_text(out_, text, padded, '>');
  }

  bool write_shown(Value value, const FormatSpec& spec, bool (*append)(StringBuilder&, Value)) {
    if (spec.width == 0 && spec.precision < 0) return append(out_, value);
    StringBuilder text(context_);
    return append(text, value) && write_text(text.view(), spec);
  }

  bool write_int(Value value, const FormatSpec& spec) {
    if (is_float(value))
      value = int_from_double(context_, as_float(value), requires_integer(spec.type));
    if (value.is_failed()) return false;
    if (!is_int(value)) {
      return fail(requires_integer(spec.type) + ": cannot convert " +
                  std::string(type_name(value)) + " to int");
    }
    return lib::append_int(out_, value, spec);
  }

  bool write_real(Value value, const FormatSpec& spec) {
    double d = 0;
    if (!is_int(value) && !is_float(value)) {
      return fail(std::string("%") + spec.type + " format requires float, not " +
                  std::string(type_name(value)));
    }
    if (!to_double(context_, value, d)) return false;
    const bool general = spec.type == 'g' || spec.type == 'G';
    if (!general || spec.precision >= 0 || spec.alternate) return lib::append_real(out_, d, spec);
    std::string text;
    append_general_float(d, spec.type == 'G', text);
    const bool negative = d < 0 || (d == 0 && 1 / d < 0);
    const bool infinite = text == "inf";
    const std::string_view sign =
        negative ? "-" : (spec.sign == '+' || infinite ? "+" : (spec.sign == ' ' ? " " : ""));
    const std::size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
    return lib::append_number(
        out_,
        {sign, {}, std::string_view(text).substr(0, whole), std::string_view(text).substr(whole)},
        spec);
  }

  bool write_character(const Value& value, const FormatSpec& spec) {
    if (is_string(value)) {
      if (code_points(value) != 1) return fail("%c format requires a single-character string");
      return write_text(text_of(value), spec);
    }
    if (!is_int(value)) {
      return fail("%c format requires int or single-character string, not " +
                  std::string(type_name(value)));
    }
    const std::int64_t c = value.is_small_int() ? value.as_small_int() : -1;
    if (c < 0 || c > 0x10ffff) {
      return fail("%c format requires a valid Unicode code point, got " +
                  short_repr(context_, value));
    }
    char bytes[4];
    return write_text({bytes, encode_utf8(static_cast<char32_t>(c), bytes)}, spec);
  }

  static std::string requires_integer(char type) {
    return std::string("%") + type + " format requires integer";
  }

  bool fail(std::string text) {
    context_.fail(std::move(text));
    return false;
  }

  Context& context_;
  StringBuilder out_;
  std::string_view format_;  // what is left of it
  Value operand_;
  std::span<const Value> positional_;
  std::size_t next_ = 0;
  bool used_names_ = false;
};

}  // namespace

Value format_percent(Context& context, Value format, Value operand) {
  return Interpolation(context, format, operand).run();
}

}  // namespace larkspur::starlark
