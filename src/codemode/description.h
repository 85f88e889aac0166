// The words by which a model learns what execute_tool_script is and what its scripts can call.
#pragma once

#include <string>
#include <vector>

#include "codemode/binding.h"

namespace larkspur::codemode {

// The MCP Tool object of execute_tool_script, raw, with every callable tool in its description.
std::string script_tool_definition(const std::vector<BoundTool>& tools);

// "github_get_issue(repo: str, number: int, state: str = ...)"
std::string signature(const BoundTool& tool);

}  // namespace larkspur::codemode
