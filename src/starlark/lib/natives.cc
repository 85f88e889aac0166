#include "starlark/lib/natives.h"

#include <limits>

namespace larkspur::starlark::lib {

std::string message(std::string_view function, std::string_view rest) {
  std::string text(function);
  return text.append(": ").append(rest);
}

Value wrong_type(Context& context, const Args& args, std::string_view parameter, Value got,
                 std::string_view want) {
  std::string text = "for parameter ";
  text.append(parameter).append(": got ").append(type_name(got)).append(", want ").append(want);
  return context.fail(message(args.function_name(), text));
}

bool want_string(Context& context, const Args& args, std::string_view parameter, Value value) {
  if (is_string(value)) return true;
  wrong_type(context, args, parameter, value, "string");
  return false;
}

bool want_int(Context& context, const Args& args, std::string_view parameter, Value value,
              std::int64_t& out) {
  if (value.is_missing() || value.is_none()) return true;
  if (value.is_small_int()) {
    out = value.as_small_int();
    return true;
  }
  if (!is_int(value)) {
    wrong_type(context, args, parameter, value, "int");
    return false;
  }
  using Limits = std::numeric_limits<std::int64_t>;
  out = as_big_int(value)->negative() ? Limits::min() : Limits::max();
  return true;
}

bool want_callable(Context& context, const Args& args, std::string_view parameter, Value value) {
  if (is_callable(value)) return true;
  wrong_type(context, args, parameter, value, "callable");
  return false;
}

bool no_arguments(Context& context, const Args& args) {
  return args.no_keywords(context) && args.check_count(context, 0, 0);
}

Value code_point_at(std::string_view text, std::size_t& position) {
  const std::size_t size = sequence_length(text[position]);
  position += size;
  return Value::inline_string(text.substr(position - size, size));
}

}  // namespace larkspur::starlark::lib
