#include "mcp/client/reconnecting_client.h"

#include <algorithm>
#include <boost/system/system_error.hpp>

#include "mcp/client/http_connection.h"
#include "mcp/client/incoming.h"
#include "mcp/client/list_pages.h"
#include "mcp/client/stdio_connection.h"

namespace larkspur::mcp {
namespace {

Error closed_error() {
  return {ErrorCode::kCancelled, "the client was closed"};
}

}  // namespace

struct ReconnectingClient::Core : std::enable_shared_from_this<Core> {
  Core(Executor on, std::shared_ptr<Host> of, std::unique_ptr<Dialer> with)
      : executor(on), host(std::move(of)), dialer(std::move(with)), settled(on) {}

  // The connection, made now where there is none.
  Async<Result<std::shared_ptr<Connection>>> ready(SteadyClock::time_point deadline);
  Async<void> reconnect();
  Async<void> run_attempt();
  void finish_attempt(Result<std::shared_ptr<Connection>> dialed);
  // `used` is of no use any more. A later connection stays.
  void drop(const std::shared_ptr<Connection>& used);
  // From here on nothing starts and nothing is reported.
  std::shared_ptr<Connection> leave();

  Async<CallReply> call(Ask ask);
  Async<Result<std::vector<std::string>>> list(std::string method,
                                               SteadyClock::time_point deadline);

  Executor executor;
  std::shared_ptr<Host> host;
  std::unique_ptr<Dialer> dialer;
  std::shared_ptr<Connection> connection;
  Background attempt;
  bool attempting = false;
  Signal settled;  // an attempt has ended
  Error last_error;
  Backoff backoff;
  bool was_connected = false;
};

Async<Result<std::shared_ptr<Connection>>> ReconnectingClient::Core::ready(
    SteadyClock::time_point deadline) {
  const auto self = shared_from_this();
  if (connection && connection->lost()) {
    last_error = *connection->lost();
    backoff.lost(SteadyClock::now());
    drop(connection);
  }
  while (!connection) {
    if (host->gone()) co_return fail(closed_error());
    if (!attempting) {
      if (!backoff.may_try(SteadyClock::now())) co_return fail(last_error);
      attempting = true;
      attempt.start(executor, run_attempt());
      continue;  // it may have ended already, and then nobody would wake us
    }
    co_await settled.wait(deadline);
    if (!connection && SteadyClock::now() >= deadline)
      co_return fail(gave_up(deadline, "connecting"));
  }
  co_return connection;
}

// Runs by itself, so that whoever waits for it may give up.
Async<void> ReconnectingClient::Core::run_attempt() {
  const auto self = shared_from_this();
  Result<std::shared_ptr<Connection>> dialed = fail(closed_error());
  try {
    dialed = co_await dialer->dial(SteadyClock::now() + host->options().connect_timeout);
  } catch (const boost::system::system_error& error) {
    dialed = fail(ErrorCode::kCancelled, std::string("connecting: ") + error.what());
  }
  finish_attempt(std::move(dialed));
}

void ReconnectingClient::Core::finish_attempt(Result<std::shared_ptr<Connection>> dialed) {
  attempting = false;
  if (!dialed) {
    last_error = std::move(dialed.error());
    backoff.failed(SteadyClock::now());
    host->log("cannot connect: " + last_error.message);
  } else if (host->gone()) {
    (*dialed)->stop();
  } else {
    connection = *std::move(dialed);
    backoff.connected(SteadyClock::now());
    if (std::exchange(was_connected, true)) {
      host->log("connected again");
      host->tools_may_have_changed();
    }
  }
  settled.notify_all();
}

void ReconnectingClient::Core::drop(const std::shared_ptr<Connection>& used) {
  if (connection != used) return;
  connection->stop();
  connection.reset();
}

Async<void> ReconnectingClient::Core::reconnect() {
  const auto self = shared_from_this();
  co_await ready(kNever);
}

std::shared_ptr<Connection> ReconnectingClient::Core::leave() {
  host->leave();
  attempt.stop();
  settled.notify_all();
  return std::exchange(connection, nullptr);
}

Async<CallReply> ReconnectingClient::Core::call(Ask ask) {
  const auto self = shared_from_this();
  for (int attempts = 1;; ++attempts) {
    Result<std::shared_ptr<Connection>> current = connection;
    if (!connection || connection->lost()) current = co_await ready(ask.options.deadline);
    if (!current) co_return std::unexpected(CallError{current.error(), std::nullopt});
    ask.era = (*current)->facts().era;
    if (ask.options.facts != nullptr) {
      ask.options.facts->attempts = attempts;
      ask.options.facts->sse = (*current)->facts().sse;
      ask.options.facts->protocol_version = (*current)->facts().protocol_version;
    }

    Exchange done = co_await (*current)->exchange(ask);
    if (done.then == Exchange::Then::kReconnect && connection == *current) {
      last_error = done.reply.error().error;
      backoff.lost(SteadyClock::now());
    }
    if (done.then != Exchange::Then::kKeep) drop(*current);
    if (done.then == Exchange::Then::kReplay && attempts == 1) continue;

    if (ask.era == Era::kModern && done.reply) {
      const std::string type = result_type(*done.reply);
      if (type == "input_required" && ask.options.takes_input_required) {
        if (ask.options.facts != nullptr) ask.options.facts->input_required = true;
      } else if (type == "task" && ask.options.takes_task) {
        if (ask.options.facts != nullptr) ask.options.facts->task = true;
      } else if (type != "complete") {
        co_return std::unexpected(CallError{
            {ErrorCode::kUnsupported, "the server answered with a result of type " +
                                          quoted(type, 60) + ", which nobody asked for here"},
            std::nullopt});
      }
    }
    co_return std::move(done.reply);
  }
}

Async<Result<std::vector<std::string>>> ReconnectingClient::Core::list(
    std::string method, SteadyClock::time_point deadline) {
  const auto self = shared_from_this();
  ListPages pages(method);
  for (std::optional<std::string> params = ""; params;) {
    Ask ask{.method = method, .params = *std::move(params), .options = {.deadline = deadline}};
    auto page = co_await call(std::move(ask));
    if (!page) co_return fail(page.error().error);
    auto next = pages.add(*std::move(page));
    if (!next) co_return fail(next.error());
    params = *std::move(next);
  }
  co_return pages.take();
}

ReconnectingClient::ReconnectingClient(Executor executor, std::shared_ptr<Host> host,
                                       std::unique_ptr<Dialer> dialer)
    : core_(std::make_shared<Core>(executor, host, std::move(dialer))) {
  // Whoever listens wants to hear on, even where nobody calls for a while.
  host->set_on_lost([weak = std::weak_ptr(core_)] {
    if (const auto core = weak.lock()) run_detached(core->executor, core->reconnect());
  });
}

ReconnectingClient::~ReconnectingClient() {
  if (const auto connection = core_->leave()) connection->stop();
}

namespace {

Error cancelled_error() {
  return {ErrorCode::kCancelled, "the call was cancelled"};
}

}  // namespace

// The members below are no coroutines themselves: what they start holds the core, never the client.
// A cancelled coroutine ends its waiting with an exception (Asio); here it becomes a value again.

Async<Result<ServerFacts>> ReconnectingClient::connect() {
  return [](std::shared_ptr<Core> core) -> Async<Result<ServerFacts>> {
    try {
      const auto connection = co_await core->ready(kNever);
      if (!connection) co_return fail(connection.error());
      co_return (*connection)->facts();
    } catch (const boost::system::system_error&) {
      co_return fail(cancelled_error());
    }
  }(core_);
}

bool ReconnectingClient::connected() const {
  return core_->connection && !core_->connection->lost();
}

const ServerFacts* ReconnectingClient::facts() const {
  return connected() ? &core_->connection->facts() : nullptr;
}

Async<CallReply> ReconnectingClient::call(std::string method, std::string params, std::string name,
                                          CallOptions options) {
  Ask ask{.method = std::move(method),
          .params = std::move(params),
          .name = std::move(name),
          .options = std::move(options)};
  return [](std::shared_ptr<Core> core, Ask asked) -> Async<CallReply> {
    try {
      co_return co_await core->call(std::move(asked));
    } catch (const boost::system::system_error&) {
      co_return std::unexpected(CallError{cancelled_error(), std::nullopt});
    }
  }(core_, std::move(ask));
}

Async<Result<std::vector<std::string>>> ReconnectingClient::list(std::string method,
                                                                 SteadyClock::time_point deadline) {
  return [](std::shared_ptr<Core> core, std::string which,
            SteadyClock::time_point until_then) -> Async<Result<std::vector<std::string>>> {
    try {
      co_return co_await core->list(std::move(which), until_then);
    } catch (const boost::system::system_error&) {
      co_return fail(cancelled_error());
    }
  }(core_, std::move(method), deadline);
}

void ReconnectingClient::watch(std::set<std::string> uris) {
  if (uris == core_->host->watched()) return;
  core_->host->set_watched(std::move(uris));
  if (core_->connection && !core_->connection->lost()) core_->connection->watched_changed();
}

Async<void> ReconnectingClient::close() {
  return [](std::shared_ptr<Core> core) -> Async<void> {
    if (const auto connection = core->leave()) co_await connection->close();
  }(core_);
}

std::unique_ptr<Client> Client::over_http(Executor executor, net::HttpClient& http,
                                          HttpServerAddress address, ClientOptions options) {
  const auto host = std::make_shared<Host>(std::move(options));
  return std::make_unique<ReconnectingClient>(
      executor, host, std::make_unique<HttpDialer>(executor, http, std::move(address), host));
}

std::unique_ptr<Client> Client::over_stdio(Executor executor, StdioServer server,
                                           ClientOptions options) {
  const auto host = std::make_shared<Host>(std::move(options));
  return std::make_unique<ReconnectingClient>(
      executor, host, std::make_unique<StdioDialer>(executor, std::move(server), host));
}

}  // namespace larkspur::mcp
