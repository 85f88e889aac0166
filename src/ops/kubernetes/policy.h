// Which kubectl commands are let through. Decides before anything leaves the process; RBAC of the
// cluster is the last line, not the first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ops/kubernetes/command.h"

namespace larkspur::ops {

struct KubectlRules {
  bool allow_write = false;
  bool allow_sensitive = false;        // values of Secrets
  std::vector<std::string> raw_paths;  // for get --raw: these and what is below them
};

// The command, or why not. `has_manifest`: the call brought a manifest, which "-f -" reads.
Admitted<Command> admit_command(std::string_view text, const KubectlRules& rules,
                                bool has_manifest = false);

// Whether the output is a form that shows the fields of objects as they are: -o yaml, jsonpath, ...
bool shows_fields(const Command& command);

}  // namespace larkspur::ops
