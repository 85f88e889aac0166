// A tool's messages on their way to the client of its call: taken from the tool at once, sent one
// after the other while the tool works on.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "base/async.h"
#include "call/call_context.h"
#include "mcp/server/handler.h"

namespace larkspur::gateway {

// One loop. A call that says nothing costs nothing: the coroutine that sends begins with the first
// message. Messages beyond the capacity push out the oldest: the newest progress is what counts.
// REQUIRES: finish() has returned before this or the channel goes.
class MessageQueue : public call::MessageSink {
 public:
  MessageQueue(Executor executor, mcp::RequestChannel& channel)
      : executor_(executor), idle_(executor, SteadyClock::time_point::max()), channel_(channel) {}

  void notify(std::string_view method, std::string_view params) override {
    if (waiting_.size() >= kCapacity) waiting_.pop_front();
    waiting_.emplace_back(method, params);
    if (sending_) return;
    sending_ = true;
    asio::co_spawn(executor_, send(), [this](const std::exception_ptr&) {
      sending_ = false;
      idle_.cancel();
    });
  }

  bool busy() const { return sending_; }
  // Nothing more is sent but what is on its way already.
  void drop() { waiting_.clear(); }
  // Returns when everything has been sent.
  Async<void> finish() {
    while (sending_) co_await idle_.async_wait(kAwaitTuple);
  }

 private:
  static constexpr std::size_t kCapacity = 256;

  Async<void> send() {
    while (!waiting_.empty()) {
      auto [method, params] = std::move(waiting_.front());
      waiting_.pop_front();
      co_await channel_.notify(method, std::move(params));
    }
  }

  Executor executor_;
  Timer idle_;
  mcp::RequestChannel& channel_;
  std::deque<std::pair<std::string, std::string>> waiting_;
  bool sending_ = false;
};

}  // namespace larkspur::gateway
