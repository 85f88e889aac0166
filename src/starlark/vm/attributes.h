// Attributes by name: what is behind the dot.
#pragma once

#include <string_view>
#include <vector>

#include "starlark/vm/builtin.h"

namespace larkspur::starlark {

// The method `name` (a string) of the receiver's type; nullptr where there is none. Makes no bound
// method.
const Builtin* find_method(Value receiver, Value name);

// All attributes of a value, sorted: dir(x), and the candidates for "did you mean".
std::vector<std::string_view> attribute_names(Value value);

// The error for a name that is not there.
Value no_such_attribute(Context& context, Value value, std::string_view name);

}  // namespace larkspur::starlark
