// The legacy era over HTTP: sessions, requests, the GET stream (mcp 2025-11-25 transports).
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/text.h"
#include "mcp/server/dispatch.h"
#include "mcp/server/headers.h"
#include "mcp/server/http_channel.h"
#include "mcp/server/http_core.h"
#include "mcp/server/legacy.h"
#include "mcp/server/names.h"

namespace larkspur::mcp::server {

namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::string_view kKnowsPrimer = "2025-11-25";
constexpr std::size_t kMaxUnread = 16 * 1024;  // events on their way to one who reads a stream

// A refusal of the HTTP request itself.
struct Refusal {
  int status;
  RpcError error;
};

RpcError bad_request(std::string message) {
  return {rpc::kServerError, "Bad Request: " + std::move(message), {}};
}

// The session that the request names, or why it cannot be served.
std::expected<std::shared_ptr<const Session>, Refusal> session_of(HttpCore& core,
                                                                  HttpExchange& exchange) {
  const std::string_view id = exchange.header(kSessionHeader);
  if (id.empty()) {
    return std::unexpected(Refusal{
        400,
        bad_request("the header Mcp-Session-Id is missing; send initialize first, without it")});
  }
  auto session = core.sessions.find(id);
  // To whom it does not belong it does not exist: an id that leaked is of no use.
  if (!session || session->principal != exchange.identity().principal) {
    // Clients recover from 404 alone, by initializing again.
    return std::unexpected(Refusal{404, {rpc::kSessionNotFound, "Session not found", {}}});
  }
  const std::string_view version = exchange.header(kVersionHeader);
  if (!version.empty() && std::ranges::find(kLegacyVersions, version) == kLegacyVersions.end()) {
    return std::unexpected(Refusal{
        400, bad_request(fmt::format(
                 "unsupported protocol version '{}' in MCP-Protocol-Version (supported: {})",
                 printable(truncate_utf8(version, 40)), fmt::join(kLegacyVersions, ", ")))});
  }
  return session;
}

std::string call_name(const Session& session, std::string_view request_id) {
  return fmt::format("{}\n{}", session.id, request_id);  // no session id has a newline in it
}

RequestInfo facts_of(const HttpCore& core, const Session& session, HttpExchange& exchange,
                     const Message& message) {
  RequestInfo info;
  info.era = Era::kLegacy;
  info.transport = Transport::kStreamableHttp;
  info.protocol_version = session.protocol_version;
  info.session_id = session.id;
  info.id = message.id;
  info.client = session.client;
  info.client_capabilities = session.client_capabilities;
  info.log_level = log_level_of(session);
  info.peer = exchange.request().peer;
  info.traceparent = exchange.header("traceparent");
  info.tracestate = exchange.header("tracestate");
  info.forwarded = forwarded_headers(core, exchange);
  info.identity = exchange.identity();
  return info;
}

Async<void> initialize(HttpCore& core, HttpExchange& exchange, const Message& message) {
  if (const auto open = core.sessions.find(exchange.header(kSessionHeader));
      open && open->principal == exchange.identity().principal) {
    RpcError error{
        rpc::kInvalidRequest, "Invalid request: this session is initialized already", {}};
    co_return co_await exchange.refuse(400, std::move(error), message.id);
  }
  auto wanted = read_initialize(message.params);
  if (!wanted)
    co_return co_await exchange.reply_json(200, error_message(message.id, wanted.error()));
  wanted->principal = exchange.identity().principal;
  const auto session = co_await core.sessions.create(*std::move(wanted));
  const std::string result =
      initialize_result(core.handler, exchange.identity(), session->protocol_version);
  net::Headers headers{{std::string(kSessionHeader), session->id}};
  co_await exchange.reply_json(200, result_message(message.id, result), std::move(headers));
}

Async<void> call(HttpCore& core, HttpExchange& exchange, const Message& message,
                 const Session& session) {
  const RequestInfo info = facts_of(core, session, exchange, message);
  const json::Value meta = message.params["_meta"];
  HttpChannel channel(exchange, RequestNotices(meta, info.log_level), true,
                      core.options.keep_alive);
  channel.let_ask(core.asks, session.id);
  // Older clients take an event without data for a broken one.
  if (core.kept.keeps()) {
    channel.let_resume(core.kept, session.protocol_version >= kKnowsPrimer);
  }
  const SessionUse use(session.state);
  const Executor executor = co_await asio::this_coro::executor;
  channel.watch(core.slow, executor);
  const Request request{.info = info,
                        .method = message.method,
                        .params = message.params,
                        .meta = meta,
                        .channel = channel};
  // A client that leaves cancels nothing in this era; only notifications/cancelled does.
  Running::Call running(core.running, executor, call_name(session, message.id));
  RpcResult result = co_await call_handler(core.handler, request, running.signal());
  if (running.cancelled()) co_return co_await channel.finish_without_response();
  co_await channel.finish(200, result
                                   ? result_message(message.id, legacy_result(*std::move(result)))
                                   : error_message(message.id, result.error()));
}

// Says what the session's own stream has to say, whether or not anybody reads it at the moment.
Async<void> produce(std::unique_ptr<SessionStream> source, std::shared_ptr<KeptStream> stream) {
  const Executor executor = co_await asio::this_coro::executor;
  const auto gone = std::make_shared<Timer>(executor, SteadyClock::time_point::max());
  stream->on_gone([weak = std::weak_ptr(gone)] {
    if (const auto timer = weak.lock()) timer->cancel();
  });
  while (!stream->gone()) {
    auto next =
        co_await (source->next(SteadyClock::time_point::max()) || gone->async_wait(kAwaitTuple));
    if (next.index() != 0) break;
    std::optional<std::string>& message = std::get<0>(next);
    if (message) {
      stream->append(on_one_line(*std::move(message)));
    } else if (source->ended()) {
      break;
    }
  }
  stream->finish();
}

// A new stream of the session, which `reader` reads.
EventId start_stream(HttpCore& core, const Executor& executor, const Session& session,
                     std::shared_ptr<EventMailbox> reader) {
  const auto stream = core.kept.open(executor, session.id);
  if (const WireEvent primer = stream->primer();
      primer && session.protocol_version >= kKnowsPrimer) {
    reader->put(primer);
  }
  stream->attach(std::move(reader), 0);
  asio::co_spawn(executor, produce(core.sessions.open_stream(session), stream), asio::detached);
  return stream->position();
}

Async<void> write_out(EventMailbox& events, EventStream& out) {
  while (auto event = co_await events.take()) {
    if (!co_await out.send_event(*std::move(event))) co_return;
  }
}

// Until the stream ends, the peer leaves, or a shutdown ends all.
Async<void> serve_events(HttpCore& core, HttpExchange& exchange, EventMailbox& events) {
  const Executor executor = co_await asio::this_coro::executor;
  Running::Stream running(core.running, executor);
  const auto out = std::make_shared<EventStream>(executor, exchange, core.options.keep_alive);
  if (co_await out->open()) {
    co_await (write_out(events, *out) || running.ended() || exchange.responder().peer_left());
  }
  co_await out->close();
}

// Notifications and responses; neither has an answer.
void take_note(HttpCore& core, const Message& message, const Session& session) {
  if (message.kind == Message::Kind::kResponse) {
    return core.asks.answer(call_name(session, message.id), read_response(message));
  }
  if (message.method != kCancelled) return;
  const std::string id = canonical_id(message.params["requestId"]);
  if (!id.empty()) core.running.cancel(call_name(session, id));
}

}  // namespace

Async<void> serve_legacy_post(HttpCore& core, HttpExchange& exchange, Message message) {
  const std::string id = message.is_request() ? message.id : "null";
  const net::Headers& headers = exchange.request().headers;
  if (!accepts(headers, kJson) || !accepts(headers, kEventStream)) {
    RpcError error{
        rpc::kServerError,
        "Not Acceptable: the Accept header must list application/json and text/event-stream",
        {}};
    co_return co_await exchange.refuse(406, std::move(error), id);
  }
  if (message.is_request() && message.method == "initialize") {
    co_return co_await initialize(core, exchange, message);
  }
  const auto session = session_of(core, exchange);
  if (!session)
    co_return co_await exchange.refuse(session.error().status, session.error().error, id);
  if (!message.is_request()) {
    take_note(core, message, **session);
    co_return co_await exchange.reply_empty(202);
  }
  if (const auto result = answer_legacy(message.method, message.params, **session)) {
    co_return co_await exchange.reply_json(
        200, *result ? result_message(id, **result) : error_message(id, result->error()));
  }
  co_await call(core, exchange, message, **session);
}

Async<void> serve_legacy_get(HttpCore& core, HttpExchange& exchange) {
  if (!accepts(exchange.request().headers, kEventStream)) {
    RpcError error{
        rpc::kServerError, "Not Acceptable: the Accept header must list text/event-stream", {}};
    co_return co_await exchange.refuse(406, std::move(error));
  }
  const auto session = session_of(core, exchange);
  if (!session) co_return co_await exchange.refuse(session.error().status, session.error().error);
  const SessionUse use((*session)->state);
  const Executor executor = co_await asio::this_coro::executor;
  const auto reader = std::make_shared<EventMailbox>(executor, kMaxUnread);
  std::optional<EventId> place;
  if (exchange.request().headers.has(kLastEventHeader)) {
    place = parse_event_id(exchange.header(kLastEventHeader));
    if (!place || !co_await core.kept.attach((*session)->id, *place, reader)) {
      co_return co_await exchange.refuse(
          400, bad_request("there is no stream of this session to resume behind the event that "
                           "Last-Event-ID names; open a new one without it"));
    }
  } else {
    place = start_stream(core, executor, **session, reader);
  }
  std::exception_ptr aborted;
  try {
    co_await serve_events(core, exchange, *reader);
  } catch (...) {
    aborted = std::current_exception();
  }
  core.kept.detach((*session)->id, *place, reader);
  if (aborted) std::rethrow_exception(aborted);
}

Async<void> serve_legacy_delete(HttpCore& core, HttpExchange& exchange) {
  const auto session = session_of(core, exchange);
  if (!session) co_return co_await exchange.refuse(session.error().status, session.error().error);
  co_await core.sessions.remove((*session)->id);
  // Who ends a session wants nothing of it any more, answers included.
  core.running.cancel_calls_of(call_name(**session, ""));
  core.kept.end_session((*session)->id);
  co_await exchange.reply_empty(200);
}

}  // namespace larkspur::mcp::server
