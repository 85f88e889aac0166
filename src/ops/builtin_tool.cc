#include "ops/builtin_tool.h"

#include "call/output.h"
#include "json/scan.h"
#include "json/writer.h"

namespace larkspur::ops {

namespace {

constexpr std::string_view kErrorSchema =
    R"({"type":"object","description":"Only where the call failed.","properties":{)"
    R"("error_code":{"type":"string"},"error_message":{"type":"string"}},)"
    R"("required":["error_code","error_message"]})";

std::string definition(const ToolSpec& spec) {
  json::Writer writer;
  writer.begin_object().key("name").string(spec.name).key("title").string(spec.title);
  writer.key("description").string(spec.description);
  writer.key("inputSchema").raw(input_schema(spec.parameters));
  json::Writer output;
  output.begin_object();
  for (const OutputField& each : spec.output) output.key(each.name).raw(each.schema);
  output.key("error").raw(kErrorSchema).end_object();
  writer.key("outputSchema").raw(call::output_schema(output.text()));
  writer.key("annotations").begin_object();
  writer.key("readOnlyHint").boolean(spec.annotations.read_only);
  writer.key("destructiveHint").boolean(spec.annotations.destructive);
  writer.key("idempotentHint").boolean(spec.annotations.idempotent);
  writer.key("openWorldHint").boolean(spec.annotations.open_world);
  writer.end_object().end_object();
  return writer.take();
}

std::shared_ptr<const call::Tool> facts_of(const ToolSpec& spec) {
  auto tool = std::make_shared<call::Tool>();
  tool->name = spec.name;
  tool->definition = definition(spec);
  tool->source = call::kOwnSource;
  tool->timeout = spec.timeout;
  tool->schema = call::read_schema(tool->definition);
  tool->scope_argument = spec.scope_argument;
  return tool;
}

// The members of a raw JSON object, one after the other.
void write_members(json::Writer& into, std::string_view object) {
  const auto members = json::scan_object(object);
  if (!members) return;
  for (const json::Member& each : *members) into.key(each.key).raw(each.raw);
}

execlog::Status status_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::kDenied:
      return execlog::Status::kDenied;
    case FailureKind::kTimeout:
      return execlog::Status::kTimeout;
    case FailureKind::kCancelled:
      return execlog::Status::kCancelled;
    case FailureKind::kFailed:
      break;
  }
  return execlog::Status::kFailed;
}

FailureKind kind_of(ErrorCode code) {
  if (code == ErrorCode::kDenied) return FailureKind::kDenied;
  if (code == ErrorCode::kTimeout) return FailureKind::kTimeout;
  if (code == ErrorCode::kCancelled) return FailureKind::kCancelled;
  return FailureKind::kFailed;
}

call::CallResult enter(execlog::Recording* record, const ToolFailure& failure) {
  call::Output output;
  write_members(output.data(), failure.structured);
  output.data().key("error").begin_object().key("error_code").string(failure.code);
  output.data().key("error_message").string(failure.message).end_object();
  output.text(failure.message).failed();
  if (record == nullptr) return output.take();
  for (const auto& [key, value] : failure.facts) record->metadata(key, value);
  record->fail({.status = status_of(failure.kind),
                .error = failure.message,
                .error_type = failure.type,
                .error_code = failure.code,
                .stage = failure.stage});
  return output.take();
}

call::CallResult enter(execlog::Recording* record, const ToolOutput& output) {
  if (record != nullptr) {
    for (const std::string& each : output.warnings) record->warning(each);
    if (output.lacks.empty()) {
      record->succeed();
    } else {
      record->succeed_partially(output.lacks);
    }
  }
  call::Output shown;
  write_members(shown.data(), output.structured);
  return shown.take();
}

}  // namespace

std::unexpected<ToolFailure> failed(const Error& error, FailureStage stage) {
  return std::unexpected(ToolFailure{.code = std::string(to_string(error.code)),
                                     .message = error.message,
                                     .stage = stage,
                                     .kind = kind_of(error.code)});
}

std::unexpected<ToolFailure> failed(std::string code, FailureStage stage, std::string message) {
  return std::unexpected(
      ToolFailure{.code = std::move(code), .message = std::move(message), .stage = stage});
}

void tell_progress(call::CallContext& context, double done, double total,
                   std::string_view message) {
  if (context.messages == nullptr) return;
  json::Writer writer;
  writer.begin_object().key("progress").number(done);
  if (total > 0) writer.key("total").number(total);
  writer.key("message").string(message).end_object();
  context.messages->notify("notifications/progress", writer.text());
}

BuiltinLeaf::BuiltinLeaf(std::shared_ptr<BuiltinTool> tool)
    : tool_(std::move(tool)), facts_(facts_of(tool_->spec())) {}

call::ToolList BuiltinLeaf::list(const call::Caller&, call::Audience) {
  return {facts_};
}

Async<call::CallReply> BuiltinLeaf::call(call::CallContext& context, std::string_view,
                                         std::string_view arguments) {
  const auto read = Arguments::read(tool_->spec().parameters, arguments);
  if (!read) {
    co_return enter(
        context.record,
        failed("InvalidArgument", FailureStage::kValidateInput, read.error().message).error());
  }
  const ToolReply reply = co_await tool_->run(context, *read);
  co_return reply ? enter(context.record, *reply) : enter(context.record, reply.error());
}

}  // namespace larkspur::ops
