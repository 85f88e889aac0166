// The modern era over HTTP: every request stands alone (mcp 2026-07-28 streamable HTTP). The checks
// run in the order that the specification's errors presuppose: headers there, envelope there, both
// the same, version known, method known.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mcp/server/dispatch.h"
#include "mcp/server/headers.h"
#include "mcp/server/http_channel.h"
#include "mcp/server/http_core.h"
#include "mcp/server/listen.h"
#include "mcp/server/modern.h"
#include "mcp/server/pump.h"

namespace larkspur::mcp::server {

namespace {

using namespace asio::experimental::awaitable_operators;

int status_of(const RpcError& error) {
  switch (error.code) {
    case rpc::kHeaderMismatch:
    case rpc::kMissingClientCapability:
    case rpc::kUnsupportedVersion:
      return 400;
    case rpc::kMethodNotFound:
      return 404;
    default:
      return 200;
  }
}

// What a checked request says about itself.
struct Checked {
  ModernEnvelope envelope;
  std::string log_level;
};

std::expected<Checked, RpcError> check_request(const net::Headers& headers,
                                               const Message& message) {
  if (auto error = missing_header(headers, message)) return std::unexpected(*std::move(error));
  auto envelope = read_modern_envelope(message.params);
  if (!envelope) return std::unexpected(std::move(envelope).error());
  if (auto error = mismatched_header(headers, message)) return std::unexpected(*std::move(error));
  if (auto error = check_modern_version(envelope->protocol_version))
    return std::unexpected(*std::move(error));
  auto level = read_log_level(message.params["_meta"]);
  if (!level) return std::unexpected(std::move(level).error());
  return Checked{*std::move(envelope), *std::move(level)};
}

RequestInfo facts_of(const HttpCore& core, ModernEnvelope envelope, HttpExchange& exchange,
                     const Message& message) {
  RequestInfo info;
  info.era = Era::kModern;
  info.transport = Transport::kStreamableHttp;
  info.protocol_version = std::move(envelope.protocol_version);
  info.id = message.id;
  info.client = std::move(envelope.client);
  info.client_capabilities = std::move(envelope.client_capabilities);
  info.peer = exchange.request().peer;
  info.identity = exchange.identity();
  info.traceparent = exchange.header("traceparent");
  info.tracestate = exchange.header("tracestate");
  info.forwarded = forwarded_headers(core, exchange);
  return info;
}

std::string response(const Message& message, const RpcResult& result) {
  return result ? result_message(message.id, *result) : error_message(message.id, result.error());
}

Async<void> reply(HttpExchange& exchange, const Message& message, const RpcResult& result) {
  return exchange.reply_json(result ? 200 : status_of(result.error()), response(message, result));
}

Async<void> call(HttpCore& core, HttpExchange& exchange, const Message& message, Checked checked) {
  const json::Value meta = message.params["_meta"];
  RequestInfo info = facts_of(core, std::move(checked.envelope), exchange, message);
  info.log_level = std::move(checked.log_level);
  HttpChannel channel(exchange, RequestNotices(meta, info.log_level),
                      accepts(exchange.request().headers, kEventStream), core.options.keep_alive);
  channel.watch(core.slow, co_await asio::this_coro::executor);
  const Request request{.info = info,
                        .method = message.method,
                        .params = message.params,
                        .meta = meta,
                        .channel = channel};
  // In this era a client that leaves has cancelled its request.
  exchange.responder().cancel_when_peer_leaves();
  RpcResult result = co_await call_handler(core.handler, request);
  if (result) result = stamp_result(message.method, *result, core.handler.identity().server);
  co_await channel.finish(result ? 200 : status_of(result.error()), response(message, result));
}

Async<void> listen(HttpCore& core, HttpExchange& exchange, const Message& message) {
  const ServerIdentity& identity = core.handler.identity();
  auto subscription =
      Subscription::read(message.id, message.params, identity.capabilities_in(Era::kModern));
  if (!subscription) {
    co_return co_await reply(exchange, message, std::unexpected(subscription.error()));
  }
  const Executor executor = co_await asio::this_coro::executor;
  Running::Stream running(core.running, executor);
  // Before the client knows, so that nothing is missed in between.
  const auto source = core.changes.subscribe(exchange.identity(), subscription->uris());
  const auto out = std::make_shared<EventStream>(executor, exchange, core.options.keep_alive);
  const Translate translate = [&subscription](const std::string& change) {
    return subscription->event(change);
  };
  PumpEnd end = PumpEnd::kSourceEnded;
  const std::string acknowledged = subscription->acknowledged();
  if (!co_await out->send(acknowledged)) {
    end = PumpEnd::kPeerLeft;
  } else if (!subscription->empty()) {
    const auto first =
        co_await (pump(*source, *out, running, translate) || exchange.responder().peer_left());
    end = first.index() == 0 ? std::get<0>(first) : PumpEnd::kPeerLeft;
  }
  const std::string closing = subscription->closing(identity.server);
  if (end != PumpEnd::kPeerLeft) co_await out->send(closing);
  co_await out->close();
}

}  // namespace

Async<void> serve_modern_post(HttpCore& core, HttpExchange& exchange, Message message) {
  if (message.kind == Message::Kind::kResponse) {
    RpcError error{
        rpc::kInvalidRequest, "Invalid request: this server sends no requests to respond to", {}};
    co_return co_await exchange.refuse(400, std::move(error));
  }
  // The core of this era has no notification from clients over HTTP; extensions may.
  if (!message.is_request()) co_return co_await exchange.reply_empty(202);

  auto checked = check_request(exchange.request().headers, message);
  if (!checked) co_return co_await exchange.refuse(400, checked.error(), message.id);
  if (message.method == "tools/call") {
    const auto wanted =
        core.handler.param_headers(exchange.identity(), message.params["name"].string());
    if (wanted) {
      auto error =
          mismatched_param(exchange.request().headers, *wanted, message.params["arguments"]);
      if (error) co_return co_await exchange.refuse(400, *std::move(error), message.id);
    }
  }
  if (message.method == "subscriptions/listen") co_return co_await listen(core, exchange, message);
  if (const auto result = answer_modern(message.method, core.handler, exchange.identity())) {
    co_return co_await reply(exchange, message, *result);
  }
  co_await call(core, exchange, message, *std::move(checked));
}

}  // namespace larkspur::mcp::server
