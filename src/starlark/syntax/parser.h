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

struct ParseOptions {
  std::uint32_t begin = 0;  // the byte of the source at which to begin; what is before is not read
  bool strict = false;      // no extensions: Dialect::strict
  bool assert_is_name = false;
  bool syntax_only = false;  // leave out what starlark-go finds when it resolves names
};

// The tree lies in `tree`; the texts of its literals point into `source`, which must be valid
// UTF-8, or lie in `texts`, so that they can outlive the tree. After an error of syntax the parser
// goes on at the next line of the top level, and gives null in the end. Other errors leave a tree
// that the resolver can look at, but nobody may compile.
Function* parse(std::string_view source, Names& names, Arena& tree, Arena& texts, Errors& errors,
                const ParseOptions& options = {});

}  // namespace larkspur::starlark
