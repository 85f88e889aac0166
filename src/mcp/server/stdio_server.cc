#include "mcp/server/stdio_server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/text.h"
#include "mcp/server/dispatch.h"
#include "mcp/server/era.h"
#include "mcp/server/legacy.h"
#include "mcp/server/listen.h"
#include "mcp/server/modern.h"
#include "mcp/server/names.h"
#include "mcp/server/notices.h"
#include "mcp/server/pump.h"

namespace larkspur::mcp::server {

namespace {

constexpr std::size_t kMaxLineBytes = 4 * 1024 * 1024;
constexpr std::size_t kMaxTasks = 1024;
// How long requests may go on after the client has closed our input.
constexpr std::chrono::seconds kGrace{5};

class StdioChannel final : public RequestChannel {
 public:
  StdioChannel(RequestNotices notices, MessageSink& sink)
      : notices_(std::move(notices)), sink_(sink) {}

  Async<void> notify(std::string_view method, std::string params) override {
    if (const auto message = notices_.render(method, params)) co_await sink_.send(*message);
  }

 private:
  RequestNotices notices_;
  MessageSink& sink_;
};

RequestInfo facts_of(Era era, const Message& message) {
  RequestInfo info;
  info.era = era;
  info.transport = Transport::kStdio;
  info.id = message.id;
  return info;
}

}  // namespace

StdioServer::StdioServer(Handler& handler, ChangeFeed& changes, const Executor& executor,
                         int input_fd, int output_fd)
    : handler_(handler),
      changes_(changes),
      executor_(executor),
      reader_(executor, input_fd, kMaxLineBytes),
      writer_(executor, output_fd),
      idle_(executor, SteadyClock::time_point::max()) {}

Async<void> StdioServer::run() {
  // Our tasks refer to us, so even when we are cancelled we have to stay until they have ended.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    LineReader::Line line = co_await reader_.next();
    if (line.status == LineReader::Status::kEnd) break;
    if (line.status == LineReader::Status::kTooLong) {
      const RpcError error{
          rpc::kInvalidRequest, "Invalid request: the line is longer than 4 MiB", {}};
      const std::string answer = error_message("null", error);
      co_await writer_.send(answer);
    } else if (!trim(line.text).empty()) {
      co_await take(std::move(line.text));
    }
  }
  running_.stop();
  const auto state = co_await asio::this_coro::cancellation_state;
  const bool told_to_end = state.cancelled() != asio::cancellation_type::none;
  if (!told_to_end) co_await wait_until_idle(SteadyClock::now() + kGrace);
  running_.cancel_all_calls();
  co_await wait_until_idle(SteadyClock::time_point::max());
  co_await asio::this_coro::throw_if_cancelled(throws);
}

Async<void> StdioServer::wait_until_idle(SteadyClock::time_point until) {
  while (tasks_ > 0 && SteadyClock::now() < until) {
    idle_.expires_at(until);
    co_await idle_.async_wait(kAwaitTuple);
  }
}

Async<void> StdioServer::take(std::string line) {
  auto message = parse_message(std::move(line));
  std::string refused;
  if (!message) {
    refused = error_message(message.error().id, message.error().error);
  } else if (message->kind == Message::Kind::kNotification) {
    take_notification(*message);
  } else if (message->is_request() && tasks_ >= kMaxTasks) {
    const RpcError error{
        rpc::kInternalError, "Server busy: 1024 requests are running; try again later", {}};
    refused = error_message(message->id, error);
  } else if (message->is_request()) {
    const Era era = era_of(*message, {});
    // In its turn, not beside what follows: later requests build on it.
    if (era == Era::kLegacy && message->method == "initialize")
      co_return co_await initialize(*message);
    const bool listens = era == Era::kModern && message->method == "subscriptions/listen";
    start(listens ? listen(*std::move(message)) : serve(*std::move(message)));
  }
  // Responses answer nothing that we have asked.
  if (!refused.empty()) co_await writer_.send(refused);
}

void StdioServer::take_notification(const Message& message) {
  if (message.method == kCancelled) {
    const std::string id = canonical_id(message.params["requestId"]);
    if (!id.empty()) running_.cancel(id);
  } else if (message.method == kInitialized && legacy_ && !pushing_) {
    pushing_ = true;
    start(push_changes());
  }
}

Async<void> StdioServer::initialize(const Message& message) {
  auto session = read_initialize(message.params);
  std::string answer;
  if (session) {
    legacy_ = *std::move(session);
    answer = result_message(message.id,
                            initialize_result(handler_.identity(), legacy_->protocol_version));
  } else {
    answer = error_message(message.id, session.error());
  }
  const std::string line = on_one_line(std::move(answer));
  co_await writer_.send(line);
}

void StdioServer::start(Async<void> task) {
  ++tasks_;
  asio::co_spawn(executor_, std::move(task), [this](const std::exception_ptr&) {
    --tasks_;
    idle_.cancel();
  });
}

Async<void> StdioServer::serve(Message message) {
  bool cancelled = false;
  const RpcResult result = era_of(message, {}) == Era::kModern
                               ? co_await call_modern(message, cancelled)
                               : co_await call_legacy(message, cancelled);
  if (cancelled) co_return;  // a cancelled request has no response
  const std::string answer = on_one_line(result ? result_message(message.id, *result)
                                                : error_message(message.id, result.error()));
  co_await writer_.send(answer);
}

Async<RpcResult> StdioServer::call_legacy(const Message& message, bool& cancelled) {
  if (auto result = answer_legacy(message.method, message.params)) co_return *std::move(result);
  if (!legacy_) {
    co_return rpc_fail(rpc::kInvalidRequest, "Invalid request: send initialize first");
  }
  RequestInfo info = facts_of(Era::kLegacy, message);
  info.protocol_version = legacy_->protocol_version;
  info.client = legacy_->client;
  info.client_capabilities = legacy_->client_capabilities;
  co_return co_await call(message, info, std::nullopt, cancelled);
}

Async<RpcResult> StdioServer::call_modern(const Message& message, bool& cancelled) {
  auto envelope = read_modern_envelope(message.params);
  if (!envelope) co_return std::unexpected(std::move(envelope).error());
  if (auto error = check_modern_version(envelope->protocol_version)) {
    co_return std::unexpected(*std::move(error));
  }
  const auto severity = read_log_level(message.params["_meta"]);
  if (!severity) co_return std::unexpected(severity.error());
  if (auto result = answer_modern(message.method, handler_.identity()))
    co_return *std::move(result);

  RequestInfo info = facts_of(Era::kModern, message);
  info.protocol_version = std::move(envelope->protocol_version);
  info.client = std::move(envelope->client);
  info.client_capabilities = std::move(envelope->client_capabilities);
  const RpcResult result = co_await call(message, info, *severity, cancelled);
  if (!result) co_return result;
  co_return stamp_result(message.method, *result, handler_.identity().server);
}

Async<RpcResult> StdioServer::call(const Message& message, const RequestInfo& info,
                                   std::optional<std::size_t> log_severity, bool& cancelled) {
  const json::Value meta = message.params["_meta"];
  StdioChannel channel(RequestNotices(info.era, meta, log_severity), writer_);
  const Request request{.info = info,
                        .method = message.method,
                        .params = message.params,
                        .meta = meta,
                        .channel = channel};
  Running::Call running(running_, executor_, message.id);
  RpcResult result = co_await call_handler(handler_, request, running.signal());
  cancelled = running.cancelled();
  co_return result;
}

Async<void> StdioServer::listen(Message message) {
  const ServerIdentity& identity = handler_.identity();
  std::optional<RpcError> error;
  if (auto envelope = read_modern_envelope(message.params); !envelope) {
    error = std::move(envelope).error();
  } else {
    error = check_modern_version(envelope->protocol_version);
  }
  const auto subscription = Subscription::read(message.id, message.params, identity.capabilities);
  if (!error && !subscription) error = subscription.error();
  if (error) {
    const std::string refused = error_message(message.id, *error);
    co_await writer_.send(refused);
    co_return;
  }
  Running::Stream running(running_, executor_, message.id);
  const auto source =
      changes_.subscribe();  // before the client knows: nothing is missed in between
  const Translate translate = [&subscription](std::string method) -> std::optional<std::string> {
    if (!subscription->wants(method)) return std::nullopt;
    return subscription->event(method);
  };
  const std::string acknowledged = subscription->acknowledged();
  co_await writer_.send(acknowledged);
  if (!subscription->empty()) co_await pump(*source, writer_, running, translate);
  const std::string closing = subscription->closing(identity.server);
  if (!running.cancelled()) co_await writer_.send(closing);
}

// Tells the legacy client, who asked for nothing, of every change that we advertise.
Async<void> StdioServer::push_changes() {
  const std::vector<ChangeKind> advertised = advertised_changes(handler_.identity().capabilities);
  Running::Stream running(running_, executor_);
  const auto source = changes_.subscribe();
  const Translate translate = [&advertised](std::string method) -> std::optional<std::string> {
    if (std::ranges::find(advertised, method, &ChangeKind::method) == advertised.end())
      return std::nullopt;
    return notification_message(method, {});
  };
  co_await pump(*source, writer_, running, translate);
}

}  // namespace larkspur::mcp::server
