// Resolved tree to bytecode. Linear in the size of the tree.
#pragma once

#include "starlark/compile/bytecode.h"
#include "starlark/syntax/errors.h"
#include "starlark/syntax/names.h"
#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

// Fills Module::protos, constants and call_sites; the other parts are the caller's. What does not
// fit the instructions' operands becomes an error, and then the module is not to be used.
struct CodeOptions {
  bool recursion = true;  // else every function begins by looking whether it runs already
};
void compile(Function* script, Names& names, Module& module, Errors& errors,
             const CodeOptions& options = {});

}  // namespace larkspur::starlark
