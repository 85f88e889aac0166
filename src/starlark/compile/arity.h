// Calls of functions that are known when the script is compiled: too many arguments, too few, or
// names that are no parameter's are mistakes before anything runs. The words are those of the
// machine.
#pragma once

#include <span>

#include "starlark/syntax/errors.h"
#include "starlark/syntax/names.h"
#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

// REQUIRES: the calls are resolved. Looks at those whose callee is the name of the script's only
// def of it, or of a function of the library.
void check_arity(std::span<CallExpr* const> calls, const Names& names, Errors& errors);

}  // namespace larkspur::starlark
