#include "gateway/protocol_handler.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/text.h"
#include "gateway/message_queue.h"
#include "gateway/request_meta.h"
#include "json/writer.h"

namespace larkspur::gateway {

namespace {

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

// A backend's JSON-RPC error stays one. Of the rest, a model can make use of: told as a result with
// isError, which clients show it, and not as an error of the protocol, which many hide.
mcp::RpcResult to_rpc(call::CallReply reply) {
  if (reply) return std::move(reply->json);
  call::CallError& error = reply.error();
  if (error.rpc_code != 0) {
    return mcp::rpc_fail(error.rpc_code, std::move(error.message), std::move(error.rpc_data));
  }
  if (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kInvalidArgument) {
    return mcp::rpc_fail(mcp::rpc::kInvalidParams, std::move(error.message));
  }
  return call::error_result(error.message).json;
}

}  // namespace

ProtocolHandler::ProtocolHandler(mcp::ServerIdentity identity, call::ToolSource& path,
                                 const ToolFinder& finder, LogInResult log_in_result)
    : identity_(std::move(identity)), path_(path), finder_(finder), log_in_result_(log_in_result) {}

Async<mcp::RpcResult> ProtocolHandler::handle(const mcp::Request& request) {
  if (request.method == "tools/list") co_return list_tools(request);
  if (request.method == "tools/call") co_return co_await call_tool(request);
  co_return mcp::rpc_fail(
      mcp::rpc::kMethodNotFound,
      "Method not found: '" + printable(truncate_utf8(request.method, 128)) + "'");
}

mcp::RpcResult ProtocolHandler::list_tools(const mcp::Request& request) {
  // All tools are on the first page, so no cursor is ever handed out.
  if (request.params["cursor"].exists()) {
    return mcp::rpc_fail(mcp::rpc::kInvalidParams,
                         "params.cursor: this cursor was not given by tools/list");
  }
  json::Writer writer;
  writer.begin_object().key("tools").begin_array();
  for (const auto& tool : path_.list(caller_of(request.info), call::Audience::kClient)) {
    if (log_in_result_.changes(*tool)) {
      writer.raw(log_in_result_.definition(*tool));
    } else {
      writer.raw(tool->definition);
    }
  }
  writer.end_array().end_object();
  return writer.take();
}

Async<mcp::RpcResult> ProtocolHandler::call_tool(const mcp::Request& request) {
  using boost::asio::experimental::awaitable_operators::operator||;

  const json::Value name = request.params["name"];
  const json::Value arguments = request.params["arguments"];
  if (!name.is_string()) {
    co_return mcp::rpc_fail(mcp::rpc::kInvalidParams,
                            "params.name: tools/call needs the tool's name, a string");
  }
  if (arguments.exists() && !arguments.is_object()) {
    co_return mcp::rpc_fail(mcp::rpc::kInvalidParams, "params.arguments: must be an object");
  }

  const call::Caller caller = caller_of(request.info);
  call::CallContext context(caller);
  context.tool = finder_.find(name.string());
  // The client's own trace is the parent; what carried the request may have another.
  context.trace = trace_from_meta(request.meta);
  const auto carrier = call::TraceContext::parse(request.info.traceparent, request.info.tracestate);
  if (carrier) (context.trace.valid() ? context.carrier : context.trace) = *carrier;
  context.meta = forwarded_meta(request.meta);
  context.wants_execution_log = log_in_result_.wanted();
  const auto answer = [&](call::CallReply reply) {
    mcp::RpcResult result = to_rpc(std::move(reply));
    if (result) log_in_result_.add(*result, context);
    return result;
  };
  if (!request.meta["progressToken"].exists()) {
    co_return answer(co_await path_.call(context, name.string(), arguments.raw()));
  }

  MessageQueue messages(co_await asio::this_coro::executor, request.channel);
  context.messages = &messages;
  auto either = co_await (path_.call(context, name.string(), arguments.raw()) || messages.pump());
  co_await messages.drain();
  co_return answer(std::get<0>(std::move(either)));
}

}  // namespace larkspur::gateway
