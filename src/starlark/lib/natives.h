// The natives of the library, declared from the lists that define it, and what many of them need.
#pragma once

#include <cstdint>
#include <string_view>

#include "starlark/vm/builtin.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/strings.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark::lib {

#define FUNCTION(name, parameters, summary) Value fn_##name(Context& context, const Args& args);
#include "starlark/lib/functions.def"
#define METHOD(type, name, parameters, summary) \
  Value type##_##name(Context& context, const Args& args);
#include "starlark/lib/methods.def"

extern const NativeModule kJsonModule;
extern const NativeModule kMathModule;
extern const NativeModule kReModule;
extern const NativeModule kTimeModule;

// --- Arguments. Each records the error where it gives false. ---

// "split: for parameter sep: got int, want string"
Value wrong_type(Context& context, const Args& args, std::string_view parameter, Value got,
                 std::string_view want);
bool want_string(Context& context, const Args& args, std::string_view parameter, Value value);
// An int, clamped to int64. `out` stays as it is where the value is missing (or None).
bool want_int(Context& context, const Args& args, std::string_view parameter, Value value,
              std::int64_t& out);
bool want_callable(Context& context, const Args& args, std::string_view parameter, Value value);
bool no_arguments(Context& context, const Args& args);

// --- Strings of one character, made again and again ---

// The substring of `text` that is one code point long and begins at `position`, which moves past
// it.
Value code_point_at(std::string_view text, std::size_t& position);

// name + rest, for messages.
std::string message(std::string_view function, std::string_view rest);

}  // namespace larkspur::starlark::lib
