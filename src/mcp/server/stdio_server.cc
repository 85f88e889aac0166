#include "mcp/server/stdio_server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
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
// Of the stream of resource updates, among the names of requests, which are raw ids.
constexpr std::string_view kUpdatesName = "updates";
// How long requests may go on after the client has closed our input.
constexpr std::chrono::seconds kGrace{5};

class StdioChannel final : public RequestChannel {
 public:
  StdioChannel(RequestNotices notices, MessageSink& sink, Asks& asks)
      : notices_(std::move(notices)), sink_(sink), asks_(asks) {}
  ~StdioChannel() override {
    for (Asks::Ask* each : *asked_) {
      each->fail({rpc::kInternalError, "the request has ended", {}});
    }
  }
  StdioChannel(const StdioChannel&) = delete;
  StdioChannel& operator=(const StdioChannel&) = delete;

  Async<void> notify(std::string_view method, std::string params) override {
    if (const auto message = notices_.render(method, params)) co_await sink_.send(*message);
  }

  Async<RpcResult> request(std::string method, std::string params) override {
    const std::int64_t id = Asks::next_id();
    const Executor executor = co_await asio::this_coro::executor;
    Asks::Ask ask(asks_, executor, std::to_string(id));
    const auto asked = asked_;  // may outlive the channel
    asked->insert(&ask);
    struct Leave {
      std::set<Asks::Ask*>& list;
      Asks::Ask* ask;
      ~Leave() { list.erase(ask); }
    } leave{*asked, &ask};
    const std::string message = request_message(id, method, params);
    if (!co_await sink_.send(message)) {
      co_return rpc_fail(rpc::kInternalError, "the client has left");
    }
    co_return co_await ask.wait();
  }

 private:
  RequestNotices notices_;
  MessageSink& sink_;
  Asks& asks_;
  std::shared_ptr<std::set<Asks::Ask*>> asked_ = std::make_shared<std::set<Asks::Ask*>>();
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
    net::LineBuffer::Line line = co_await reader_.next();
    if (line.status == net::LineBuffer::Status::kEnd) break;
    if (line.status == net::LineBuffer::Status::kTooLong) {
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
  } else if (message->kind == Message::Kind::kResponse) {
    asks_.answer(message->id, read_response(*message));
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
                            initialize_result(handler_, Identity(), legacy_->protocol_version));
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
  if (message.method == "ping") co_return "{}";
  if (!legacy_) {
    co_return rpc_fail(rpc::kInvalidRequest, "Invalid request: send initialize first");
  }
  if (auto result = answer_legacy(message.method, message.params, *legacy_)) {
    co_return *std::move(result);
  }
  if (message.method == "resources/subscribe" || message.method == "resources/unsubscribe") {
    co_return watch(message);
  }
  RequestInfo info = facts_of(Era::kLegacy, message);
  info.protocol_version = legacy_->protocol_version;
  info.client = legacy_->client;
  info.client_capabilities = legacy_->client_capabilities;
  info.log_level = log_level_of(*legacy_);
  RpcResult result = co_await call(message, info, cancelled);
  if (result) result = legacy_result(*std::move(result));
  co_return result;
}

Async<RpcResult> StdioServer::call_modern(const Message& message, bool& cancelled) {
  auto envelope = read_modern_envelope(message.params);
  if (!envelope) co_return std::unexpected(std::move(envelope).error());
  if (auto error = check_modern_version(envelope->protocol_version)) {
    co_return std::unexpected(*std::move(error));
  }
  auto level = read_log_level(message.params["_meta"]);
  if (!level) co_return std::unexpected(std::move(level).error());
  if (auto result = answer_modern(message.method, handler_, Identity()))
    co_return *std::move(result);

  RequestInfo info = facts_of(Era::kModern, message);
  info.protocol_version = std::move(envelope->protocol_version);
  info.client = std::move(envelope->client);
  info.client_capabilities = std::move(envelope->client_capabilities);
  info.log_level = *std::move(level);
  const RpcResult result = co_await call(message, info, cancelled);
  if (!result) co_return result;
  co_return stamp_result(message.method, *result, handler_.identity().server);
}

Async<RpcResult> StdioServer::call(const Message& message, const RequestInfo& info,
                                   bool& cancelled) {
  const json::Value meta = message.params["_meta"];
  StdioChannel channel(RequestNotices(meta, info.log_level), writer_, asks_);
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
  auto subscription =
      Subscription::read(message.id, message.params, identity.capabilities_in(Era::kModern));
  if (!error && !subscription) error = subscription.error();
  if (error) {
    const std::string refused = error_message(message.id, *error);
    co_await writer_.send(refused);
    co_return;
  }
  Running::Stream running(running_, executor_, message.id);
  // Before the client knows, so that nothing is missed in between.
  const auto source = changes_.subscribe(Identity(), subscription->uris());
  const Translate translate = [&subscription](const std::string& change) {
    return subscription->event(change);
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
  std::vector<std::string> none;
  const auto source = changes_.subscribe(Identity(), none);
  const Translate translate = [&advertised](std::string change) -> std::optional<std::string> {
    const auto document = json::Document::parse(change);
    const bool wanted =
        document && std::ranges::find(advertised, document->root()["method"].string(),
                                      &ChangeKind::method) != advertised.end();
    if (!wanted) return std::nullopt;
    return change;
  };
  co_await pump(*source, writer_, running, translate);
}

// resources/subscribe and resources/unsubscribe. The stream for the URIs of before is replaced.
RpcResult StdioServer::watch(const Message& message) {
  const std::string uri(message.params["uri"].string());
  if (uri.empty()) return rpc_fail(rpc::kInvalidParams, "params.uri: must be the resource's URI");
  if (message.method == "resources/subscribe") {
    watched_.insert(uri);
  } else {
    watched_.erase(uri);
  }
  running_.cancel(std::string(kUpdatesName));
  start(push_updates({watched_.begin(), watched_.end()}));
  return "{}";
}

Async<void> StdioServer::push_updates(std::vector<std::string> uris) {
  // The one before is cancelled by a task that is on its way; its name may be ours only afterwards.
  co_await asio::post(executor_, kAwait);
  Running::Stream running(running_, executor_, std::string(kUpdatesName));
  const auto source = changes_.subscribe(Identity(), uris);
  const Translate translate = [&uris](std::string change) -> std::optional<std::string> {
    const auto document = json::Document::parse(change);
    if (!document || document->root()["method"].string() != kResourceUpdated) return std::nullopt;
    const std::string_view uri = document->root()["params"]["uri"].string();
    const bool wanted = std::ranges::any_of(
        uris, [uri](const std::string& watched) { return is_update_of(uri, watched); });
    if (!wanted) return std::nullopt;
    return change;
  };
  co_await pump(*source, writer_, running, translate);
}

}  // namespace larkspur::mcp::server
