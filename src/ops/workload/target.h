// The workload that an analysis is about: its parameters, and the object that kubectl finds.
#pragma once

#include <expected>
#include <string>

#include "json/writer.h"
#include "ops/builtin_tool.h"
#include "ops/workload/inner_call.h"
#include "ops/workload/workload.h"

namespace larkspur::ops {

// namespace, workload_type and workload_name; cluster_id where kubectl takes one.
Parameters target_parameters(const BuiltinTool& kubectl);
// The members of the output that repeat them.
std::vector<OutputField> target_output();

struct Target {
  const WorkloadKind* kind = nullptr;
  std::string cluster_id, name_space, type, name;

  // "get deployments.apps web -n shop"
  std::string get_command() const;
  // Begins the output: an object with cluster_id, namespace, workload_type and workload_name.
  json::Writer begin_output() const;
  // A failure of a tool that was asked becomes ours, which is about the target.
  std::unexpected<ToolFailure> failed(ToolFailure failure) const;
};

// kInvalidArgument for a kind that nobody knows.
std::expected<Target, ToolFailure> read_target(const Arguments& arguments);

// Asks kubectl for the workload.
Async<std::expected<Workload, ToolFailure>> fetch_workload(call::CallContext& context,
                                                           BuiltinTool& kubectl,
                                                           const Target& target, Notes& notes);

}  // namespace larkspur::ops
