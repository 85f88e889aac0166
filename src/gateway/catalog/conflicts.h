// Two backends that offer a tool (or a prompt, or a resource) of the same name: who gets it. Three
// strategies, in the words of ToolHive's vMCP: prefix, priority, manual.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace larkspur::gateway {

// A tool on its way into the catalog.
struct Candidate {
  std::string backend;
  std::string own_name;
  std::string name;  // wanted before, published after
  const std::string* definition;
  std::string description;  // an override, or ""
  bool scripts_only;
};

// What is resolved.
struct ConflictKind {
  std::string_view word = "tool";  // for messages
  bool prefixes = true;            // false: names stay as they are, whatever the strategy
};

// Those that are published, with their final names, all different and none of them `taken`, in the
// order given. What is left
// out gets a line in `problems`: no tool ever shadows another silently.
//   prefix:   every name gets its backend's prefix; names that are still equal fail closed: all are
//   out priority: the backend that comes first in priorityOrder (then in the list of backends) has
//   it manual:   names that are still equal after the overrides fail closed
std::vector<Candidate> resolve_conflicts(const config::Config& config,
                                         std::vector<Candidate> candidates,
                                         const std::set<std::string, std::less<>>& taken,
                                         std::vector<std::string>& problems,
                                         ConflictKind kind = {});

}  // namespace larkspur::gateway
