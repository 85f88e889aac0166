// Finds out what every name of a tree means: Starlark's scopes are static. Fills NameExpr::binding,
// Function::scope and ComprehensionExpr::names; reports names that nobody defines, and break and
// continue outside of loops. Linear in the size of the tree.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "starlark/syntax/arena.h"
#include "starlark/syntax/errors.h"
#include "starlark/syntax/names.h"
#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

struct Environment {
  std::span<const std::string> predeclared;
  std::span<const std::string_view> universal;
};

// Gives the global slots' names, in order.
std::vector<std::string_view> resolve(Function* script, const Environment& environment,
                                      Names& names, Arena& arena, Errors& errors);

}  // namespace larkspur::starlark
