#include "gateway/clients/client_call.h"

#include <algorithm>
#include <array>

#include "base/random.h"
#include "gateway/clients/legacy_output.h"
#include "gateway/clients/request_meta.h"
#include "json/writer.h"

namespace larkspur::gateway {

namespace {

using call::ContentKind;

constexpr int kLegacyResourceNotFound = -32002;

mcp::RpcError invalid(std::string message) {
  return {mcp::rpc::kInvalidParams, std::move(message), {}};
}

// A backend's JSON-RPC error stays one, but for those that are about the hop to the backend.
mcp::RpcError to_rpc_error(call::CallError error, const mcp::RequestInfo& info) {
  switch (error.rpc_code) {
    case 0:
      return {error.code == ErrorCode::kNotFound || error.code == ErrorCode::kInvalidArgument
                  ? mcp::rpc::kInvalidParams
                  : mcp::rpc::kInternalError,
              std::move(error.message), std::move(error.rpc_data)};
    case mcp::rpc::kHeaderMismatch:
    case mcp::rpc::kUnsupportedVersion:
      return {mcp::rpc::kInternalError,
              "the backend refused the gateway's request: " + error.message,
              {}};
    case kLegacyResourceNotFound:
      if (info.era == mcp::Era::kModern) error.rpc_code = mcp::rpc::kInvalidParams;
      break;
    default:
      break;
  }
  return {error.rpc_code, std::move(error.message), std::move(error.rpc_data)};
}

// What failed for want of a capability that a modern client has not declared says so.
std::optional<mcp::RpcError> missing_capability(const mcp::RequestInfo& info,
                                                const call::CallContext& context,
                                                const call::CallReply& reply) {
  const bool failed = !reply || reply->is_error;
  if (!failed || info.era != mcp::Era::kModern || !context.input) return std::nullopt;
  const std::string& missing = context.input->missing();
  if (missing.empty()) return std::nullopt;
  return mcp::RpcError{mcp::rpc::kMissingClientCapability,
                       "this call needs a capability that the client has not declared",
                       "{\"requiredCapabilities\":" + missing + "}"};
}

// Of a tool's failures, a model can make use: told as a result with isError, which clients show it,
// and not as an error of the protocol, which many hide.
mcp::RpcResult tool_result(call::CallReply reply, const mcp::RequestInfo& info) {
  if (reply) return std::move(reply->json);
  const call::CallError& error = reply.error();
  const bool for_the_protocol = error.rpc_code != 0 || error.code == ErrorCode::kNotFound ||
                                error.code == ErrorCode::kInvalidArgument;
  if (!for_the_protocol) return call::error_result(error.message).json;
  return std::unexpected(to_rpc_error(std::move(reply.error()), info));
}

void fill(call::CallContext& context, const ClientCall& call, call::MessageSink* messages,
          std::shared_ptr<call::ClientInput> input) {
  const mcp::RequestInfo& info = call.info;
  // The client's own trace is the parent; what carried the request may have another.
  context.trace = trace_from_meta(call.meta);
  const auto carrier = call::TraceContext::parse(info.traceparent, info.tracestate);
  if (carrier) (context.trace.valid() ? context.carrier : context.trace) = *carrier;
  context.meta = forwarded_meta(call.meta);
  context.messages = messages;
  context.wants_progress = messages != nullptr && call.meta["progressToken"].exists();
  context.log_level = info.log_level;
  context.input = std::move(input);
  context.relays_input = info.era == mcp::Era::kModern;
  context.input_responses = call.params["inputResponses"].raw();
  context.request_state = call.params["requestState"].string();
}

Async<mcp::RpcResult> call_tool(const CallDoors& doors, const ClientCall& call,
                                call::CallContext& context) {
  const json::Value name = call.params["name"];
  const json::Value arguments = call.params["arguments"];
  if (!name.is_string()) {
    co_return std::unexpected(invalid("params.name: tools/call needs the tool's name, a string"));
  }
  if (arguments.exists() && !arguments.is_object()) {
    co_return std::unexpected(invalid("params.arguments: must be an object"));
  }
  context.tool = doors.finder.find(name.string());
  context.wants_execution_log = doors.log_in_result.wanted(call.meta[kExecutionLogMeta].raw());
  call::CallReply reply = co_await doors.tools.call(context, name.string(), arguments.raw());
  if (auto missing = missing_capability(call.info, context, reply)) {
    co_return std::unexpected(*std::move(missing));
  }
  const bool ran = reply.has_value();
  mcp::RpcResult result = tool_result(std::move(reply), call.info);
  if (ran && call.info.era == mcp::Era::kLegacy && context.tool &&
      context.backend_revision >= mcp::kModernVersion) {
    *result = with_object_output(*std::move(result), !context.tool->object_output);
  }
  if (result) doors.log_in_result.add(*result, context);
  co_return result;
}

struct Wanted {
  ContentKind kind;
  std::string_view key;
};

std::expected<Wanted, mcp::RpcError> wanted_of(const ClientCall& call) {
  if (call.method == "prompts/get") {
    if (call.params["name"].is_string()) {
      return Wanted{ContentKind::kPrompt, call.params["name"].string()};
    }
    return std::unexpected(invalid("params.name: prompts/get needs the prompt's name, a string"));
  }
  if (call.method == "resources/read") {
    if (call.params["uri"].is_string()) {
      return Wanted{ContentKind::kResource, call.params["uri"].string()};
    }
    return std::unexpected(
        invalid("params.uri: resources/read needs the resource's URI, a string"));
  }
  const json::Value ref = call.params["ref"];
  if (ref["type"].string() == "ref/prompt" && ref["name"].is_string()) {
    return Wanted{ContentKind::kPrompt, ref["name"].string()};
  }
  if (ref["type"].string() == "ref/resource" && ref["uri"].is_string()) {
    return Wanted{ContentKind::kTemplate, ref["uri"].string()};
  }
  return std::unexpected(
      invalid("params.ref: must be {\"type\":\"ref/prompt\",\"name\":...} or "
              "{\"type\":\"ref/resource\",\"uri\":...}"));
}

// The request's params as they came, without what belongs to the hop or to a round; what is not a
// tool's call is never a task.
std::string own_params(const json::Value& params) {
  json::Writer out(params.raw().size());
  out.begin_object();
  for (const auto [key, value] : params.members()) {
    if (key != "_meta" && key != "inputResponses" && key != "requestState" && key != "task") {
      out.key(key).raw(value.raw());
    }
  }
  out.end_object();
  return out.take();
}

Async<mcp::RpcResult> fetch(const CallDoors& doors, const ClientCall& call,
                            call::CallContext& context) {
  const auto wanted = wanted_of(call);
  if (!wanted) co_return std::unexpected(wanted.error());
  context.content = doors.routes.find(wanted->kind, wanted->key);
  if (!context.content && wanted->kind == ContentKind::kTemplate) {
    context.content = doors.routes.find(ContentKind::kResource, wanted->key);
  }
  const std::string params = own_params(call.params);
  call::CallReply reply = call::unknown_content(wanted->kind, wanted->key);
  if (context.content) {
    // Every keystroke may ask for completions, which give nothing away that a get or a read would
    // not: they leave no record.
    call::ToolSource& door = call.method == "completion/complete" ? doors.routes : doors.content;
    reply = co_await door.call(context, call.method, params);
  }
  if (auto missing = missing_capability(call.info, context, reply)) {
    co_return std::unexpected(*std::move(missing));
  }
  if (!reply) co_return std::unexpected(to_rpc_error(std::move(reply.error()), call.info));
  co_return std::move(reply->json);
}

}  // namespace

call::Caller caller_of(const mcp::RequestInfo& info) {
  call::Caller caller;
  caller.principal = info.identity.principal;
  caller.issuer = info.identity.issuer;
  caller.scopes = info.identity.scopes;
  caller.session_id = info.session_id;
  caller.request_id = info.id;
  caller.protocol_version = info.protocol_version;
  caller.transport = info.transport == mcp::Transport::kStdio ? "stdio" : "streamable_http";
  caller.client_name = info.client.name;
  caller.client_version = info.client.version;
  caller.client_address = info.peer;
  for (const auto& [name, value] : info.forwarded) {
    caller.forwarded.emplace(name, execlog::Secret(value));
  }
  return caller;
}

bool is_call(std::string_view method) {
  static constexpr std::array<std::string_view, 4> kCalls = {
      "tools/call", "prompts/get", "resources/read", "completion/complete"};
  return std::ranges::find(kCalls, method) != kCalls.end();
}

std::string binding_of(const mcp::RequestInfo& info, std::string_view method,
                       const json::Value& params) {
  return info.identity.issuer + '\n' + info.identity.principal + '\n' + std::string(method) + '\n' +
         sha256_hex(own_params(params));
}

Async<mcp::RpcResult> perform(const CallDoors& doors, ClientCall call, call::MessageSink* messages,
                              std::shared_ptr<call::ClientInput> input, call::TaskHolder* task) {
  const call::Caller caller = caller_of(call.info);
  call::CallContext context(caller);
  fill(context, call, messages, std::move(input));
  context.task = task;
  if (call.method == "tools/call") co_return co_await call_tool(doors, call, context);
  co_return co_await fetch(doors, call, context);
}

}  // namespace larkspur::gateway
