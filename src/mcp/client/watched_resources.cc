#include "mcp/client/watched_resources.h"

#include <vector>

#include "json/writer.h"

namespace larkspur::mcp {
namespace {

constexpr std::chrono::milliseconds kSubscribeTime{10'000};

Async<bool> ask(Connection& connection, std::string method, std::string uri) {
  json::Writer params;
  params.begin_object().key("uri").string(uri).end_object();
  const Ask request{.era = Era::kLegacy,
                    .method = std::move(method),
                    .params = params.take(),
                    .options = {.deadline = SteadyClock::now() + kSubscribeTime}};
  const Exchange done = co_await connection.exchange(request);
  co_return done.reply.has_value();
}

std::vector<std::string> difference(const std::set<std::string>& a,
                                    const std::set<std::string>& b) {
  std::vector<std::string> only_in_a;
  for (const std::string& each : a) {
    if (!b.contains(each)) only_in_a.push_back(each);
  }
  return only_in_a;
}

}  // namespace

void WatchedResources::sync(Executor executor, std::shared_ptr<Connection> connection,
                            std::shared_ptr<Host> host) {
  if (state_->running) {
    state_->again = true;
    return;
  }
  if (state_->subscribed == host->watched()) return;
  state_->running = true;
  work_.stop();
  work_.start(executor, run(state_, std::move(connection), std::move(host)));
}

Async<void> WatchedResources::run(std::shared_ptr<State> state,
                                  std::shared_ptr<Connection> connection,
                                  std::shared_ptr<Host> host) {
  do {
    state->again = false;
    for (const std::string& uri : difference(host->watched(), state->subscribed)) {
      if (!co_await ask(*connection, "resources/subscribe", uri)) {
        host->log("the server refuses to watch " + quoted(uri));
      }
      state->subscribed.insert(uri);
    }
    for (const std::string& uri : difference(state->subscribed, host->watched())) {
      co_await ask(*connection, "resources/unsubscribe", uri);
      state->subscribed.erase(uri);
    }
  } while (state->again);
  state->running = false;
}

}  // namespace larkspur::mcp
