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

struct Resolved {
  std::vector<std::string_view> globals;  // the names of the global slots, in order
  std::vector<CallExpr*> named_calls;     // the calls whose callee is a name
};
Resolved resolve(Function* script, const Environment& environment, Names& names, Arena& arena,
                 Errors& errors);

}  // namespace larkspur::starlark
