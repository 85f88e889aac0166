// JSON text from and to values of a script.
//
// All charge for every value and byte, refuse nesting beyond kMaxJsonDepth, and record an error in
// the context when they give false.
#pragma once

#include <string>
#include <string_view>

#include "starlark/vm/strings.h"

namespace larkspur::starlark {

inline constexpr std::size_t kMaxJsonDepth = 200;

// Appends `value` as JSON: None is null, tuples, ranges and sets are arrays too, structs objects,
// members keep their order, ints keep all digits, 1.0 stays "1.0". An error for other types, for
// NaN and infinity, for dict keys that are no strings, and for cycles (by their depth):
// "json.encode: cannot encode function as JSON". Fails with kOutputLimit when `out` would grow
// beyond `max_bytes`; what is written counts against the memory limit meanwhile.
bool encode_json(Context& context, Value value, std::string& out,
                 std::size_t max_bytes = static_cast<std::size_t>(-1));

// Line breaks of indented JSON: a new line begins with `prefix` and as many `indent` as it is deep.
struct JsonLayout {
  std::string_view prefix;
  std::string_view indent;
};
// The same into a string of the script; on one line where `layout` is nullptr; with the members of
// dicts and structs in the order of their names where `sort` asks for it.
bool encode_json(Value value, const JsonLayout* layout, bool sort, StringBuilder& out);

// One JSON value (RFC 8259, white space around it allowed) as a value on the script's heap: ints of
// any size stay ints, numbers with a point or an exponent become floats, the last of duplicate keys
// wins, lone surrogates become U+FFFD. `out` is set on success only. Error: "json.decode: at offset
// 17, unexpected character 'x'".
bool decode_json(Context& context, std::string_view text, Value& out);
// The same, but malformed text is no error of the script: `problem` says what is wrong with it.
// False with an empty `problem` when a limit was reached. REQUIRES: text is valid UTF-8.
bool try_decode_json(Context& context, std::string_view text, Value& out, std::string& problem);

}  // namespace larkspur::starlark
