// Padding, and lists of the characters of a string.
#include "starlark/lib/elements.h"
#include "starlark/lib/format.h"
#include "starlark/lib/natives.h"

namespace larkspur::starlark::lib {
namespace {

bool want_width(Context& context, const Args& args, Value value, std::size_t& width) {
  std::int64_t i = 0;
  if (!is_int(value)) {
    wrong_type(context, args, "width", value, "int");
    return false;
  }
  if (!want_int(context, args, "width", value, i)) return false;
  if (i > kMaxFormatWidth) {
    context.fail(message(args.function_name(), "width " + std::to_string(i) +
                                                   " is too large: at most " +
                                                   std::to_string(kMaxFormatWidth)));
    return false;
  }
  width = i < 0 ? 0 : static_cast<std::size_t>(i);
  return true;
}

enum class Side { kLeft, kRight, kBoth };

Value pad(Context& context, const Args& args, Side side) {
  Value v[2];
  if (!args.bind(context, {"width", "fill?", "/"}, v)) return Value::failed();
  std::size_t width = 0;
  const Value fill = v[1].is_missing() ? Value::inline_string(" ") : v[1];
  if (!want_width(context, args, v[0], width) || !want_string(context, args, "fill", fill))
    return Value::failed();
  if (code_points(fill) != 1) {
    return context.fail(message(args.function_name(), "fill must be exactly one character long"));
  }
  const std::size_t length = code_points(args.self);
  if (width <= length) return args.self;
  const std::size_t total = width - length;
  // As Python's center: the odd one goes left where the width is odd.
  const std::size_t both_left = total / 2 + (total & width & 1);
  const std::size_t left = side == Side::kLeft ? total : (side == Side::kRight ? 0 : both_left);
  StringBuilder out(context);
  for (std::size_t i = 0; i < left; ++i) {
    if (!out.append(text_of(fill))) return Value::failed();
  }
  if (!out.append(text_of(args.self))) return Value::failed();
  for (std::size_t i = left; i < total; ++i) {
    if (!out.append(text_of(fill))) return Value::failed();
  }
  return out.finish();
}

// A list of what `part` makes of each code point; part(text, position) moves on.
template <class Part>
Value list_code_points(Context& context, const Args& args, Elements kind, Part part) {
  if (!no_arguments(context, args)) return Value::failed();
  if (context.strict()) return new_elements(context, kind, args.self);
  const std::size_t count = code_points(args.self);
  if (!context.charge(count) || !context.reserve(count * sizeof(Value))) return Value::failed();
  List* list = context.list(count);
  if (list == nullptr) return Value::failed();
  const std::string_view text = text_of(args.self);
  for (std::size_t i = 0; i < text.size();) {
    if (!context.goes_on(list->length) || !context.append(*list, part(text, i)))
      return Value::failed();
  }
  return Value::object(list);
}

}  // namespace

Value string_ljust(Context& context, const Args& args) {
  return pad(context, args, Side::kRight);
}
Value string_rjust(Context& context, const Args& args) {
  return pad(context, args, Side::kLeft);
}
Value string_center(Context& context, const Args& args) {
  return pad(context, args, Side::kBoth);
}

Value string_zfill(Context& context, const Args& args) {
  Value v;
  std::size_t width = 0;
  if (!args.bind(context, {"width", "/"}, &v) || !want_width(context, args, v, width))
    return Value::failed();
  const std::size_t length = code_points(args.self);
  if (width <= length) return args.self;
  const std::string_view text = text_of(args.self);
  const std::size_t sign = text.starts_with('+') || text.starts_with('-') ? 1 : 0;
  StringBuilder out(context);
  if (!out.append(text.substr(0, sign)) || !out.append_fill('0', width - length) ||
      !out.append(text.substr(sign))) {
    return Value::failed();
  }
  return out.finish();
}

Value string_elems(Context& context, const Args& args) {
  return list_code_points(context, args, Elements::kElems, code_point_at);
}
Value string_codepoints(Context& context, const Args& args) {
  return list_code_points(context, args, Elements::kCodepoints, code_point_at);
}

static Value code_point_value(std::string_view text, std::size_t& position) {
  return Value::small_int(next_code_point(text, position));
}
Value string_elem_ords(Context& context, const Args& args) {
  return list_code_points(context, args, Elements::kElemOrds, code_point_value);
}
Value string_codepoint_ords(Context& context, const Args& args) {
  return list_code_points(context, args, Elements::kCodepointOrds, code_point_value);
}

}  // namespace larkspur::starlark::lib
