// A tool's messages on their way to the client of its call: taken from the tool at once, sent one
// after the other while the tool works on.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "base/async.h"
#include "call/call_context.h"
#include "mcp/server/handler.h"

namespace larkspur::gateway {

// One loop. Messages beyond the capacity push out the oldest: the newest progress is what counts.
class MessageQueue : public call::MessageSink {
 public:
  MessageQueue(Executor executor, mcp::RequestChannel& channel)
      : wake_(executor, SteadyClock::time_point::max()), channel_(channel) {}

  void notify(std::string_view method, std::string_view params) override {
    if (waiting_.size() >= kCapacity) waiting_.pop_front();
    waiting_.emplace_back(method, params);
    wake_.cancel();
  }

  // Sends what is there.
  Async<void> drain() {
    while (!waiting_.empty()) {
      auto [method, params] = std::move(waiting_.front());
      waiting_.pop_front();
      co_await channel_.notify(method, std::move(params));
    }
  }

  // Sends as they come, until cancelled.
  Async<void> pump() {
    for (;;) {
      co_await drain();
      wake_.expires_at(SteadyClock::time_point::max());
      co_await wake_.async_wait(kAwaitTuple);
    }
  }

 private:
  static constexpr std::size_t kCapacity = 256;

  Timer wake_;
  mcp::RequestChannel& channel_;
  std::deque<std::pair<std::string, std::string>> waiting_;
};

}  // namespace larkspur::gateway
