#include "base/text.h"
#include "starlark/lib/elements.h"
#include "starlark/lib/natives.h"

namespace larkspur::starlark::lib {
namespace {

std::string_view self(const Args& args) {
  return as_bytes(args.self)->view();
}

}  // namespace

// s.encode() and b.decode() are Python's; bytes(s) and str(b) Starlark's. The only encoding is
// UTF-8.
static bool want_utf8(Context& context, const Args& args) {
  Value encoding = Value::missing();
  if (!args.bind(context, {"encoding?"}, &encoding)) return false;
  if (encoding.is_missing()) return true;
  if (!want_string(context, args, "encoding", encoding)) return false;
  const std::string_view name = text_of(encoding);
  if (equals_ignore_case(name, "utf-8") || equals_ignore_case(name, "utf8")) return true;
  context.fail(message(args.function_name(), "unknown encoding " + short_repr(context, encoding)),
               "the only encoding is utf-8");
  return false;
}

Value string_encode(Context& context, const Args& args) {
  return want_utf8(context, args) ? context.bytes(text_of(args.self)) : Value::failed();
}

Value bytes_decode(Context& context, const Args& args) {
  if (!want_utf8(context, args) || !context.charge_bytes(self(args).size())) return Value::failed();
  if (!is_valid_utf8(self(args))) {
    return context.fail("decode: the bytes are not valid UTF-8",
                        "str(b) puts U+FFFD in the place of what is not");
  }
  return context.string(self(args));
}

Value bytes_elems(Context& context, const Args& args) {
  const std::string_view data = self(args);
  if (context.strict() && no_arguments(context, args))
    return new_elements(context, Elements::kBytes, args.self);
  if (!no_arguments(context, args) || !context.charge(data.size()) ||
      !context.reserve(data.size() * sizeof(Value))) {
    return Value::failed();
  }
  List* list = context.list(data.size());
  if (list == nullptr) return Value::failed();
  for (char c : data) {
    if (!context.append(*list, Value::small_int(static_cast<unsigned char>(c))))
      return Value::failed();
  }
  return Value::object(list);
}

Value bytes_hex(Context& context, const Args& args) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::string_view data = self(args);
  StringBuilder out(context);
  if (!no_arguments(context, args) || !context.charge_bytes(data.size() * 4) ||
      !out.reserve(2 * data.size())) {
    return Value::failed();
  }
  for (char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    const char digits[] = {kDigits[byte >> 4], kDigits[byte & 15]};
    if (!out.append({digits, 2})) return Value::failed();
  }
  return out.finish();
}

}  // namespace larkspur::starlark::lib
