// A record with what it called, and what that called: how an execution is shown.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "execlog/query.h"
#include "execlog/record.h"

namespace larkspur::execlog {

struct Tree {
  Record record;
  std::vector<Tree> children;  // in the order of place
  bool cut = false;            // there are more below than a tree may hold
};

inline constexpr std::size_t kMaxTreeDepth = 8;
inline constexpr std::size_t kMaxTreeRecords = 20'000;

// The tree below the record that `id` names, or begins. Errors as Reader::find.
Result<Tree> load_tree(Reader& reader, std::string_view id);

// {"record": …, "children": [the same, …]}, records in the audit view; "cut": true where `cut` is
// set.
std::string tree_json(const Tree& tree);

}  // namespace larkspur::execlog
