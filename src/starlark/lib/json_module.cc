// The json module: encode, decode, encode_indent, indent.
#include "starlark/lib/json.h"

#include "starlark/lib/natives.h"

namespace larkspur::starlark::lib {
namespace {

bool want_layout(Context& context, const Args& args, Value& prefix, Value& indent) {
  if (prefix.is_missing()) prefix = Value::inline_string("");
  if (indent.is_missing()) indent = Value::inline_string("\t");
  return want_string(context, args, "prefix", prefix) &&
         want_string(context, args, "indent", indent);
}

Value json_encode(Context& context, const Args& args) {
  Value v[2];
  StringBuilder out(context);
  if (!args.bind(context, {"x", "/", "*", "sort?"}, v)) return Value::failed();
  const bool sort = !v[1].is_missing() && truth(v[1]);
  return encode_json(v[0], nullptr, sort, out) ? out.finish() : Value::failed();
}

Value json_encode_indent(Context& context, const Args& args) {
  Value v[4];
  StringBuilder out(context);
  if (!args.bind(context, {"x", "/", "*", "prefix?", "indent?", "sort?"}, v) ||
      !want_layout(context, args, v[1], v[2])) {
    return Value::failed();
  }
  const JsonLayout layout{text_of(v[1]), text_of(v[2])};
  const bool sort = !v[3].is_missing() && truth(v[3]);
  return encode_json(v[0], &layout, sort, out) ? out.finish() : Value::failed();
}

Value json_decode(Context& context, const Args& args) {
  Value v[2];
  if (context.strict() && !args.named.empty() && text_of(args.names[0]) == "x")
    return context.fail("json.decode: unexpected keyword argument x");
  if (!args.bind(context, {"x", "default?"}, v) || !want_string(context, args, "x", v[0]))
    return Value::failed();
  Value decoded;
  std::string problem;
  if (try_decode_json(context, text_of(v[0]), decoded, problem)) return decoded;
  if (context.has_failed()) return Value::failed();
  if (!v[1].is_missing()) return v[1];
  return context.fail("json.decode: " + problem);
}

// Copies JSON text that is known to be well-formed, with the line breaks of `layout`. Numbers and
// strings stay as they are spelt.
bool append_indented(std::string_view text, const JsonLayout& layout, StringBuilder& out) {
  std::size_t depth = 0;
  const auto line_break = [&] {
    bool fine = out.append('\n') && out.append(layout.prefix);
    for (std::size_t i = 0; fine && i < depth; ++i) fine = out.append(layout.indent);
    return fine;
  };
  bool fine = true;
  for (std::size_t i = 0; fine && i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    if (c == '"') {
      const std::size_t begin = i;
      for (++i; text[i] != '"'; ++i) i += text[i] == '\\';
      fine = out.append(text.substr(begin, i + 1 - begin));
      continue;
    }
    if (c == '{' || c == '[') {
      ++depth;
      const std::size_t next = text.find_first_not_of(" \t\r\n", i + 1);
      const bool empty = text[next] == '}' || text[next] == ']';
      fine = out.append(c) && (empty || line_break());
      if (!empty) continue;
      fine = fine && out.append(text[next]);
      --depth;
      i = next;
    } else if (c == '}' || c == ']') {
      --depth;
      fine = line_break() && out.append(c);
    } else if (c == ',') {
      fine = out.append(c) && line_break();
    } else {
      fine = out.append(c == ':' ? std::string_view(": ") : std::string_view(&c, 1));
    }
  }
  return fine;
}

Value json_indent(Context& context, const Args& args) {
  Value v[3];
  if (!args.bind(context, {"text", "/", "*", "prefix?", "indent?"}, v) ||
      !want_string(context, args, "text", v[0]) || !want_layout(context, args, v[1], v[2])) {
    return Value::failed();
  }
  Value decoded;
  std::string problem;
  if (!try_decode_json(context, text_of(v[0]), decoded, problem)) {
    constexpr std::string_view kUnexpected = "unexpected character";
    const std::size_t at = problem.find(kUnexpected);
    if (at != std::string::npos) problem.replace(at, kUnexpected.size(), "invalid character");
    return context.has_failed() ? Value::failed() : context.fail("json.indent: " + problem);
  }
  StringBuilder out(context);
  return append_indented(text_of(v[0]), {text_of(v[1]), text_of(v[2])}, out) ? out.finish()
                                                                             : Value::failed();
}

constexpr Builtin kFunctions[] = {
    {"json.encode", json_encode},
    {"json.decode", json_decode},
    {"json.encode_indent", json_encode_indent},
    {"json.indent", json_indent},
};

}  // namespace

constinit const NativeModule kJsonModule("json", kFunctions);

}  // namespace larkspur::starlark::lib
