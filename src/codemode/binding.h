// Tools as a script sees them: functions with names that Starlark can spell.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "call/tool_source.h"
#include "starlark/starlark.h"

namespace larkspur::codemode {

struct BoundTool {
  std::shared_ptr<const call::Tool> tool;
  // How scripts call it; "" where another tool came first with the same spelling, so that only
  // call_tool("its-name", ...) reaches it.
  std::string identifier;
};

// `tool_name` with everything but ASCII letters, digits and _ made _, a leading digit prefixed by
// _, and a _ appended where the name is a keyword or a builtin: "git-hub.get" -> git_hub_get,
// "print" -> print_.
std::string identifier_for(std::string_view tool_name);

// `tools` with the names by which a script calls them.
std::vector<BoundTool> bind_tools(const call::ToolList& tools);

// The functions that the host gives to a machine; the last one is call_tool. Function i is tool i.
std::vector<starlark::HostFunction> host_functions(const std::vector<BoundTool>& tools);

// What the tools take, for checks before the script runs.
std::vector<starlark::Signature> signatures(const std::vector<BoundTool>& tools);

}  // namespace larkspur::codemode
