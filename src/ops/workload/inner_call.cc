#include "ops/workload/inner_call.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/writer.h"

namespace larkspur::ops {

void Notes::add_lack(std::string_view what) {
  lacks += lacks.empty() ? std::string(what) : fmt::format("; {}", what);
}

Async<InnerReply> ask(call::CallContext& context, BuiltinTool& tool, std::string arguments,
                      Notes& notes) {
  const auto read = Arguments::read(tool.spec().parameters, arguments);
  if (!read) {
    co_return failed("InvalidArgument", FailureStage::kValidateInput, read.error().message);
  }
  ToolReply reply = co_await tool.run(context, *read);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  notes.warnings.insert(reply->warnings.begin(), reply->warnings.end());
  auto document = json::Document::parse(std::move(reply->structured));
  if (!document) co_return failed(document.error(), FailureStage::kInternal);
  co_return std::move(*document);
}

Async<std::expected<std::string, ToolFailure>> ask_kubectl(call::CallContext& context,
                                                           BuiltinTool& kubectl,
                                                           std::string cluster_id,
                                                           std::string command, Notes& notes) {
  json::Writer arguments;
  arguments.begin_object().key("command").string(command);
  if (!cluster_id.empty()) arguments.key("cluster_id").string(cluster_id);
  const auto reply = co_await ask(context, kubectl, arguments.end_object().take(), notes);
  if (!reply) co_return std::unexpected(reply.error());
  if (reply->root()["truncated"].boolean()) {
    co_return failed(
        "OutputTooLarge", FailureStage::kKubectlExecution,
        fmt::format("'kubectl {}' printed more than tools.kubectl.maxOutputBytes", command));
  }
  co_return std::string(reply->root()["stdout"].string());
}

const Parameter* parameter_of(const BuiltinTool& tool, std::string_view name) {
  const Parameters& table = tool.spec().parameters;
  const auto found = std::ranges::find(table, name, &Parameter::name);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace larkspur::ops
