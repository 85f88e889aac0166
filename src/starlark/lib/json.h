// JSON text from and to values of a script.
//
// Both charge for every value and byte, refuse nesting beyond kMaxJsonDepth, and record an error in
// the context when they give false: "json.encode: cannot encode function as JSON", "json.decode: at
// offset 17, unexpected character 'x'".
#pragma once

#include <string>
#include <string_view>

#include "starlark/vm/context.h"

namespace larkspur::starlark {

inline constexpr int kMaxJsonDepth = 200;

// Appends `value` as JSON: None is null, tuples, ranges and sets are arrays too, members keep
// their order, ints keep all digits, 1.0 stays "1.0". An error for other types, for NaN and
// infinity, for dict keys that are no strings, and for cycles (by their depth). Fails with
// kOutputLimit when `out` would grow beyond `max_bytes`.
bool encode_json(Context& context, Value value, std::string& out,
                 std::size_t max_bytes = static_cast<std::size_t>(-1));

// One JSON value (RFC 8259, surrounding white space allowed) as a value on the script's heap: ints
// of any size stay ints, numbers with a point or an exponent become floats, the last of duplicate
// keys wins. `out` is set on success only.
bool decode_json(Context& context, std::string_view text, Value& out);

}  // namespace larkspur::starlark
