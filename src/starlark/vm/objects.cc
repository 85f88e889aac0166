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
      "block",
      "free",
      "mark",
  };
  return kNames[static_cast<std::size_t>(type)];
}

std::size_t cell_bytes(const Object& cell) {
  std::size_t length = cell.length;
  std::size_t bytes = 0;
  switch (cell.type) {
    case Type::kFree:
      return length;
    case Type::kBlock:
      return sizeof(Object) + length;
    case Type::kInt:
      return sizeof(BigInt) + length * sizeof(std::uint64_t);
    case Type::kFloat:
      return sizeof(Float);
    case Type::kString:
      bytes = sizeof(String) + (cell.has(Object::kShared) ? sizeof(String::Shared) : length);
      break;
    case Type::kBytes:
      bytes = sizeof(Bytes) + length;
      break;
    case Type::kBuffer:
      bytes = sizeof(Buffer) + length;
      break;
    case Type::kList:
      return sizeof(List);
    case Type::kTuple:
    case Type::kForeign:  // the same layout
      return sizeof(Tuple) + length * sizeof(Value);
    case Type::kDict:
    case Type::kSet:
      return sizeof(Table);
    case Type::kStruct:
      return sizeof(Struct);
    case Type::kRange:
      return sizeof(Range);
    case Type::kFunction:
      return sizeof(Function) + length * sizeof(Value);
    case Type::kBoundMethod:
      return sizeof(BoundMethod);
    case Type::kCell:
      return sizeof(Cell);
    case Type::kIterator:
      return sizeof(Loop);
    case Type::kNone:
    case Type::kBool:
    case Type::kBuiltin:
    case Type::kHostFunction:
    case Type::kModule:
    case Type::kMark:
      break;  // not on a heap
  }
  assert(bytes > 0);
  return (bytes + 7) & ~std::size_t{7};
}

bool is_callable(Value value) {
  switch (type_of(value)) {
    case Type::kFunction:
    case Type::kBuiltin:
    case Type::kBoundMethod:
    case Type::kHostFunction:
      return true;
    case Type::kForeign:
      return object_cast<Foreign>(value)->foreign->call != nullptr;
    default:
      return false;
  }
}

std::size_t code_points(Value string) {
  if (string.is_inline_string()) {
    return string.inline_is_ascii() ? string.inline_size()
                                    : count_code_points(string.inline_view());
  }
  auto* text = object_cast<String>(string);
  if (text->has(Object::kAscii)) return text->length;
  // Counted once and kept; shared objects come with their count.
  if (!text->has(Object::kShared)) return count_code_points(text->view());
  std::uint32_t& kept = text->shared().code_points;
  if (kept == 0) kept = static_cast<std::uint32_t>(count_code_points(text->view()));
  return kept;
}

}  // namespace larkspur::starlark
