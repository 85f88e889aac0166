// What every script finds defined: the functions of functions.def, parallel() of the machine, and
// the modules.
#pragma once

#include <vector>

#include "starlark/vm/builtin.h"

namespace larkspur::starlark {

// The value of each name of universal_names() (compile/universal.h), in the same order. All static:
// one set serves every machine on every thread.
const std::vector<Value>& universal_values();

}  // namespace larkspur::starlark
