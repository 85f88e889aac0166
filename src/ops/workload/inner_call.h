// How a tool asks another built-in tool in the course of its own call: what that one sends is in
// the same record, under the same deadline and the same policy, and ends when the call does.
#pragma once

#include <expected>
#include <set>
#include <string>
#include <string_view>

#include "json/value.h"
#include "ops/builtin_tool.h"

namespace larkspur::ops {

// What the answers lacked and warned of, for the output of the tool that asked.
struct Notes {
  std::set<std::string> warnings;
  std::string lacks;  // "" for nothing

  void add_lack(std::string_view what);
};

using InnerReply = std::expected<json::Document, ToolFailure>;  // the other tool's output

// `arguments`: a JSON object, raw. Warnings of the answer go to `notes`.
Async<InnerReply> ask(call::CallContext& context, BuiltinTool& tool, std::string arguments,
                      Notes& notes);

// The standard output of one command of kubectl. `cluster_id` "" where the tool takes none. Output
// that lost its middle is a failure.
Async<std::expected<std::string, ToolFailure>> ask_kubectl(call::CallContext& context,
                                                           BuiltinTool& kubectl,
                                                           std::string cluster_id,
                                                           std::string command, Notes& notes);

// The parameter of that name, where the tool has it.
const Parameter* parameter_of(const BuiltinTool& tool, std::string_view name);

}  // namespace larkspur::ops
