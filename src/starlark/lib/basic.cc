// Functions on any value: what it is, how it looks, what it has; print and fail.
#include <algorithm>
#include <vector>

#include "starlark/lib/natives.h"
#include "starlark/vm/attributes.h"

namespace larkspur::starlark::lib {
namespace {

// Methods that starlark-go has not.
bool is_ours(Value value, std::string_view name) {
  constexpr std::string_view kString[] = {"casefold", "center",   "encode", "ljust",
                                          "rjust",    "swapcase", "zfill"};
  constexpr std::string_view kOthers[] = {"copy",
                                          "count",
                                          "decode",
                                          "hex",
                                          "reverse",
                                          "difference_update",
                                          "isdisjoint",
                                          "intersection_update",
                                          "symmetric_difference_update"};
  if (is_string(value)) return std::ranges::find(kString, name) != std::end(kString);
  return methods_of(type_of(value)).size() > 0 &&
         std::ranges::find(kOthers, name) != std::end(kOthers);
}

// The arguments joined as str() shows them.
bool append_joined(StringBuilder& out, std::span<const Value> values, std::string_view separator) {
  bool first = true;
  for (const Value& value : values) {
    if (!first && !out.append(separator)) return false;
    first = false;
    if (!append_str(out, value)) return false;
  }
  return true;
}

// *args and sep= of print and fail, joined.
bool joined_arguments(Context& context, const Args& args, StringBuilder& out) {
  Args keywords = args;
  keywords.positional = {};
  Value separator = Value::missing();
  for (const Value& name : args.names) {
    if (text_of(name) == "end" || text_of(name) == "file" || text_of(name) == "flush") {
      context.fail(message(args.function_name(),
                           "unexpected keyword argument \"" + std::string(text_of(name)) + "\""),
                   "every print is a line of the script's log; join what belongs on one line");
      return false;
    }
  }
  if (!keywords.bind(context, {"*", "sep?"}, &separator)) return false;
  if (separator.is_missing()) separator = Value::inline_string(" ");
  if (!want_string(context, args, "sep", separator)) return false;
  return append_joined(out, args.positional, text_of(separator));
}

// Names that `isinstance` takes for a type: type functions, whose names are those of the types but
// for str.
std::string_view named_type(const Value& type) {
  if (is_string(type)) return text_of(type);
  if (!is_object_of(type, Type::kBuiltin)) return {};
  const std::string_view name = object_cast<Builtin>(type)->name;
  return name == "str" ? "string" : name;
}

}  // namespace

Value fn_print(Context& context, const Args& args) {
  StringBuilder line(context);
  if (!joined_arguments(context, args, line) || !context.print(line.view())) return Value::failed();
  return Value::none();
}

Value fn_fail(Context& context, const Args& args) {
  constexpr std::size_t kMaxMessageBytes = 4096;  // a script may try to fail with all of its memory
  StringBuilder line(context);
  if (!line.append("fail: ") || !joined_arguments(context, args, line)) return Value::failed();
  std::string_view text = line.view();
  if (text.size() > kMaxMessageBytes) {
    std::size_t end = kMaxMessageBytes;
    while (is_continuation(text[end])) --end;
    text = text.substr(0, end);
  }
  return context.fail(std::string(text), {}, "fail: called by the script");
}

Value fn_type(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  return context.string(type_name(x));
}

Value fn_isinstance(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"x", "type", "/"}, v)) return Value::failed();
  const std::string_view actual = type_name(v[0]);
  const std::span<const Value> types =
      is_tuple(v[1]) ? as_tuple(v[1])->values() : std::span<const Value>(&v[1], 1);
  bool found = false;
  for (const Value& type : types) {
    const std::string_view name = named_type(type);
    if (name.empty()) {
      return context.fail(
          "isinstance: got " + std::string(type_name(type)) + ", want a type or a tuple of types",
          "types are bool, int, float, str, bytes, list, tuple, dict, set and range");
    }
    found |= name == actual;
  }
  return Value::boolean(found);
}

Value fn_bool(Context& context, const Args& args) {
  Value x = Value::missing();
  if (!args.bind(context, {"x?", "/"}, &x)) return Value::failed();
  return Value::boolean(!x.is_missing() && truth(x));
}

Value fn_str(Context& context, const Args& args) {
  Value x = Value::missing();
  if (!args.bind(context, {"x?", "/"}, &x)) return Value::failed();
  if (x.is_missing()) return Value::inline_string("");
  if (is_string(x)) return x;
  StringBuilder out(context);
  return append_str(out, x) ? out.finish() : Value::failed();
}

Value fn_repr(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  StringBuilder out(context);
  return append_repr(out, x) ? out.finish() : Value::failed();
}

Value fn_len(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  const std::int64_t length =
      is_string(x) ? static_cast<std::int64_t>(element_count(context, x)) : length_of(x);
  if (length < 0) {
    return context.fail("len: value of type " + std::string(type_name(x)) + " has no len");
  }
  return context.integer(length);
}

Value fn_getattr(Context& context, const Args& args) {
  Value v[3];
  if (!args.bind(context, {"x", "name", "default?", "/"}, v)) return Value::failed();
  if (!want_string(context, args, "name", v[1])) return Value::failed();
  if (v[2].is_missing()) return get_attribute(context, v[0], text_of(v[1]));
  const Value found = find_attribute(context, v[0], text_of(v[1]));
  return found.is_missing() ? v[2] : found;
}

Value fn_hasattr(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"x", "name", "/"}, v)) return Value::failed();
  if (!want_string(context, args, "name", v[1])) return Value::failed();
  const Value found = find_attribute(context, v[0], text_of(v[1]));
  return found.is_failed() ? found : Value::boolean(!found.is_missing());
}

Value fn_dir(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  std::vector<std::string_view> names = attribute_names(x);
  if (context.strict()) std::erase_if(names, [&](auto name) { return is_ours(x, name); });
  if (!context.charge(names.size())) return Value::failed();
  List* list = context.list(names.size());
  if (list == nullptr) return Value::failed();
  for (std::string_view name : names) {
    const Value text = context.string(name);
    if (text.is_failed() || !context.append(*list, text)) return Value::failed();
  }
  return Value::object(list);
}

// The same everywhere and for ever, unlike the hashes that dicts use: Java's for strings (over
// UTF-16), FNV-1a for bytes.
Value fn_hash(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  if (is_bytes(x)) {
    const std::string_view data = as_bytes(x)->view();
    if (!context.charge_bytes(data.size() * 8)) return Value::failed();
    std::uint32_t hash = 2166136261u;
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (!context.goes_on(i)) return Value::failed();
      hash = (hash ^ static_cast<unsigned char>(data[i])) * 16777619u;
    }
    return Value::small_int(hash);
  }
  if (!want_string(context, args, "x", x)) return Value::failed();
  const std::string_view text = text_of(x);
  if (!context.charge_bytes(text.size() * 8)) return Value::failed();
  std::uint32_t hash = 0;
  for (std::size_t i = 0, turn = 0; i < text.size(); ++turn) {
    if (!context.goes_on(turn)) return Value::failed();
    const char32_t c = next_code_point(text, i);
    if (c >= 0x10000) hash = 31 * hash + (0xd800 + ((c - 0x10000) >> 10));
    hash = 31 * hash + (c >= 0x10000 ? 0xdc00 + ((c - 0x10000) & 0x3ff) : c);
  }
  return Value::small_int(static_cast<std::int32_t>(hash));
}

}  // namespace larkspur::starlark::lib
