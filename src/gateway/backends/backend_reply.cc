#include "gateway/backends/backend_reply.h"

#include "json/scan.h"

namespace larkspur::gateway {

namespace {

call::FailureStage stage_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnauthenticated:
      return call::FailureStage::kBackendConnect;
    case ErrorCode::kTimeout:
      return call::FailureStage::kTimeout;
    case ErrorCode::kCancelled:
      return call::FailureStage::kCancelled;
    case ErrorCode::kProtocol:
    case ErrorCode::kTooLarge:
      return call::FailureStage::kDecodeResponse;
    default:
      return call::FailureStage::kBackendCall;
  }
}

execlog::ApiStatus api_status(ErrorCode code) {
  if (code == ErrorCode::kTimeout) return execlog::ApiStatus::kTimeout;
  if (code == ErrorCode::kCancelled) return execlog::ApiStatus::kCancelled;
  return execlog::ApiStatus::kFailed;
}

// The client has checked that the result is an object, and what it holds need not be told apart to
// see that it is none of an error: inside a JSON string the key's quotes would be escaped, and
// where every such key is followed by `false` it does not matter whose it is.
bool may_be_error(std::string_view result) {
  constexpr std::string_view kKey = "\"isError\"", kFalse = "\"isError\":false";
  if (!result.starts_with('{')) return true;
  for (std::size_t at = 0; (at = result.find(kKey, at)) != result.npos; at += kKey.size()) {
    if (!result.substr(at).starts_with(kFalse)) return true;
  }
  return result.contains("\\u");  // spelled with an escape it is the same key
}

}  // namespace

call::CallReply to_call_reply(const std::string& backend, mcp::CallReply reply) {
  if (!reply) {
    mcp::CallError& error = reply.error();
    if (error.rpc) {
      return std::unexpected(call::CallError{error.error.code, std::move(error.rpc->message),
                                             call::FailureStage::kBackendCall, error.rpc->code,
                                             std::move(error.rpc->data)});
    }
    return call::call_fail(error.error.code, stage_of(error.error.code),
                           "backend '" + backend + "': " + error.error.message);
  }
  if (!may_be_error(*reply)) return call::CallResult{std::move(*reply), false};
  const auto members = json::split_object(*reply);  // the client has checked the whole message
  if (!members) {
    return call::call_fail(
        ErrorCode::kProtocol, call::FailureStage::kDecodeResponse,
        "backend '" + backend + "': its result is not a JSON object: " + members.error().message);
  }
  const bool is_error = json::find_member(*members, "isError") == "true";
  return call::CallResult{std::move(*reply), is_error};
}

void enter(execlog::ApiCallTimer& timer, const mcp::CallOptions::Facts& facts,
           const call::CallReply& reply) {
  auto& entry = timer.details<execlog::McpCall>();
  entry.request_bytes = static_cast<std::int64_t>(facts.request_bytes);
  entry.response_bytes = static_cast<std::int64_t>(facts.response_bytes);
  entry.backend_request_id = facts.request_id;
  if (facts.sse) entry.transport = "sse";
  timer.call.request_id = facts.request_id;
  timer.call.attempts = facts.attempts;
  if (facts.http_status != 0) timer.call.http_status = facts.http_status;
  if (reply) {
    entry.is_error = reply->is_error;
    timer.finish(reply->is_error ? execlog::ApiStatus::kFailed : execlog::ApiStatus::kSuccess);
    return;
  }
  timer.call.error = reply.error().message;
  timer.call.error_code = to_string(reply.error().code);
  if (reply.error().rpc_code != 0) entry.jsonrpc_code = reply.error().rpc_code;
  timer.finish(api_status(reply.error().code));
}

}  // namespace larkspur::gateway
