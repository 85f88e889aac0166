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

// The tree lies in `arena` and points into `source`, which must be valid UTF-8. After the first
// error the parser stops: `errors` is not empty and the tree is not to be used.
Function* parse(std::string_view source, Names& names, Arena& arena, Errors& errors);

}  // namespace larkspur::starlark
