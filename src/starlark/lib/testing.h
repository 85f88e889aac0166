// The names of testing.def, and the module `assert` with the functions of starlark-go's: eq, ne,
// true, lt, contains, fails, fail. A failed assertion is reported (Machine::failures) and the
// script goes on.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "starlark/vm/builtin.h"

namespace larkspur::starlark::lib {

// By name; all static.
std::vector<std::pair<std::string_view, const Object*>> testing_values();

}  // namespace larkspur::starlark::lib
