// Stable sorting of values on a script's budget.
#pragma once

#include <span>

#include "starlark/vm/context.h"

namespace larkspur::starlark::lib {

// Sorts `items` by `keys` (as many), both in place; ascending, or descending with `reverse`, equal
// keys in their first order either way. False where two keys have no order, or a limit is reached;
// both are then in some order. `keys` may be `items`.
bool sort_by_keys(Context& context, std::span<Value> items, std::span<Value> keys, bool reverse);

}  // namespace larkspur::starlark::lib
