#include "starlark/vm/objects.h"

#include <array>

#include "starlark/vm/strings.h"

namespace larkspur::starlark {

Type type_of_immediate(Value value) {
  if (value.is_none()) return Type::kNone;
  if (value.is_bool()) return Type::kBool;
  if (value.is_host_function()) return Type::kHostFunction;
  return Type::kMark;
}

std::string_view type_name(Type type) {
  static constexpr std::array<std::string_view, kTypeCount> kNames = {
      "NoneType",
      "bool",
      "int",
      "float",
      "string",
      "bytes",
      "list",
      "tuple",
      "dict",
      "set",
      "range",
      "function",
      "builtin_function_or_method",
      "builtin_function_or_method",
      "builtin_function_or_method",
      "module",
      "struct",
      "foreign",
      "cell",
      "buffer",
      "iterator",
      "mark",
  };
  return kNames[static_cast<std::size_t>(type)];
}

bool is_callable(Value value) {
  switch (type_of(value)) {
    case Type::kFunction:
    case Type::kBuiltin:
    case Type::kBoundMethod:
    case Type::kHostFunction:
      return true;
    default:
      return false;
  }
}

std::size_t code_points(Value string) {
  if (string.is_inline_string()) return count_code_points(string.inline_view());
  auto* text = object_cast<String>(string);
  if (text->has(Object::kAscii)) return text->length;
  // Counted once and kept; shared objects come with their count.
  if (text->code_points == 0) {
    text->code_points = static_cast<std::uint32_t>(count_code_points(text->view()));
  }
  return text->code_points;
}

}  // namespace larkspur::starlark
