// Finds out what every name of a tree means: Starlark's scopes are static. Fills NameExpr::binding,
// Function::scope and ComprehensionExpr::names; reports names that nobody defines, and break and
// continue outside of loops. Follows load() statements. Linear in the size of the tree.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "starlark/compile/loads.h"
#include "starlark/starlark.h"
#include "starlark/syntax/arena.h"
#include "starlark/syntax/errors.h"
#include "starlark/syntax/names.h"
#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

struct Environment {
  std::span<const std::string> predeclared;
  std::span<const std::string_view> universal;
  const Dialect& dialect;
  // The modules of the program, or null: then load() is not followed.
  std::vector<LoadableModule>* modules = nullptr;
  // "script.star:3:1", for messages that name a second place.
  std::function<std::string(std::uint32_t offset)> place = {};
};

struct Resolved {
  std::vector<std::string_view> globals;  // the names of the global slots, in order
  std::vector<CallExpr*> named_calls;     // the calls whose callee is a name
};

// `module` is the one whose script this is, or null for the program's own. Adds to `out`, which all
// files of a program share; modules come before those who load them.
void resolve(Function* script, LoadableModule* module, const Environment& environment, Names& names,
             Arena& arena, Errors& errors, Resolved& out);

}  // namespace larkspur::starlark
