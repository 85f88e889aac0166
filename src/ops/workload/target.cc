#include "ops/workload/target.h"

#include <fmt/format.h>

#include "base/text.h"

namespace larkspur::ops {

namespace {

std::string known_kinds() {
  std::string names;
  for (const WorkloadKind& each : workload_kinds()) {
    fmt::format_to(std::back_inserter(names), "{}{}", names.empty() ? "" : ", ", each.kind);
  }
  return names;
}

}  // namespace

Parameters target_parameters(const BuiltinTool& kubectl) {
  Parameters table;
  if (const Parameter* cluster = parameter_of(kubectl, "cluster_id")) table.push_back(*cluster);
  // DNS labels and subdomains (RFC 1123), so that nothing in a name can mean anything else.
  table.push_back({.name = "namespace",
                   .description = "The workload's namespace.",
                   .required = true,
                   .pattern = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"});
  table.push_back({.name = "workload_type",
                   .description = "Its kind: " + known_kinds() + ".",
                   .required = true,
                   .max_bytes = 64});
  table.push_back({.name = "workload_name",
                   .description = "Its name.",
                   .required = true,
                   .pattern = "[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?"});
  return table;
}

std::vector<OutputField> target_output() {
  return {{"cluster_id", R"({"type":["string","null"]})"},
          {"namespace", R"({"type":"string"})"},
          {"workload_type", R"({"type":"string"})"},
          {"workload_name", R"({"type":"string"})"}};
}

std::string Target::get_command() const {
  return fmt::format("get {} {} -n {}", kind->resource, name, name_space);
}

json::Writer Target::begin_output() const {
  json::Writer out;
  out.begin_object().key("cluster_id");
  cluster_id.empty() ? out.null() : out.string(cluster_id);
  out.key("namespace").string(name_space).key("workload_type").string(type);
  out.key("workload_name").string(name);
  return out;
}

std::unexpected<ToolFailure> Target::failed(ToolFailure failure) const {
  failure.structured = begin_output().end_object().take();
  return std::unexpected(std::move(failure));
}

std::expected<Target, ToolFailure> read_target(const Arguments& arguments) {
  Target target{.kind = workload_kind(arguments.text("workload_type")),
                .cluster_id = std::string(arguments.text("cluster_id")),
                .name_space = std::string(arguments.text("namespace")),
                .type = std::string(arguments.text("workload_type")),
                .name = std::string(arguments.text("workload_name"))};
  if (target.kind == nullptr) {
    return failed(
        "InvalidArgument", FailureStage::kValidateInput,
        fmt::format("workload_type: '{}' is none of {}", printable(target.type), known_kinds()));
  }
  return target;
}

Async<std::expected<Workload, ToolFailure>> fetch_workload(call::CallContext& context,
                                                           BuiltinTool& kubectl,
                                                           const Target& target, Notes& notes) {
  auto json = co_await ask_kubectl(context, kubectl, target.cluster_id,
                                   target.get_command() + " -o json", notes);
  if (!json) co_return target.failed(std::move(json.error()));
  auto workload = read_workload(std::move(*json));
  if (!workload) {
    co_return target.failed(failed(workload.error(), FailureStage::kDecodeResponse).error());
  }
  co_return std::move(*workload);
}

}  // namespace larkspur::ops
