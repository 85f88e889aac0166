// Source to tree.
//
// Made for hostile sources: time and memory are linear in the length, nothing nests deeper than
// kMaxDepth, and no recursion is deeper than that bound allows.
#pragma once

#include <string_view>

#include "starlark/syntax/arena.h"
#include "starlark/syntax/errors.h"
#include "starlark/syntax/names.h"
#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

// Brackets, operators that prefix, blocks, functions: all of them together.
inline constexpr int kMaxDepth = 200;

// The tree lies in `tree`; the texts of its literals point into `source`, which must be valid
// UTF-8, or lie in `texts`, so that they can outlive the tree. The parser stops at the first error
// of syntax and gives null. Other errors leave a tree that the resolver can look at, but nobody may
// compile.
Function* parse(std::string_view source, Names& names, Arena& tree, Arena& texts, Errors& errors);

}  // namespace larkspur::starlark
