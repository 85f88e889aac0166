// Attributes by name: what is behind the dot.
#pragma once

#include <string_view>
#include <vector>

#include "starlark/vm/builtin.h"
#include "starlark/vm/pool.h"

namespace larkspur::starlark {

// The methods of this name of all types; nullptr where no type has one.
const MethodRow* find_methods(std::string_view name);

// All attributes of a value, sorted: dir(x), and the candidates for "did you mean".
std::vector<std::string_view> attribute_names(Value value);

// The error for a name that is not there.
Value no_such_attribute(Context& context, Value value, std::string_view name);

}  // namespace larkspur::starlark
