// Checks calls of host functions against what the host says that they take, before anything runs.
// Only what is certainly wrong is an error: an argument that is computed may be anything.
#pragma once

#include <span>

#include "starlark/starlark.h"
#include "starlark/syntax/errors.h"
#include "starlark/syntax/names.h"
#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

// `calls`: those of the script whose callee is a name; the names are resolved.
void check_calls(std::span<CallExpr* const> calls, const CompileOptions& options,
                 const Names& names, Errors& errors);

}  // namespace larkspur::starlark
