// Small tools for waiting, used by both transports. Everything here belongs to one loop.
#pragma once

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/result.h"

namespace larkspur::mcp {

inline constexpr SteadyClock::time_point kNever = SteadyClock::time_point::max();

// What a wait that gave nothing means: the deadline has passed, or else the coroutine was
// cancelled.
inline Error gave_up(SteadyClock::time_point deadline, std::string_view what) {
  if (SteadyClock::now() >= deadline) {
    return {ErrorCode::kTimeout, std::string(what) + ": the deadline passed"};
  }
  return {ErrorCode::kCancelled, std::string(what) + ": cancelled"};
}

inline Async<void> sleep_until(SteadyClock::time_point when) {
  Timer timer(co_await asio::this_coro::executor, when);
  co_await timer.async_wait(kAwaitTuple);
}

inline Async<void> sleep_for(std::chrono::milliseconds duration) {
  co_await sleep_until(SteadyClock::now() + duration);
}

// The result of `work`, or nullopt when the deadline passed first or the coroutine was cancelled
// (see gave_up()). The work has ended, one way or the other, when this returns.
template <class T>
Async<std::optional<T>> until(SteadyClock::time_point deadline, Async<T> work) {
  using asio::experimental::awaitable_operators::operator||;
  if (deadline == kNever) co_return co_await std::move(work);
  auto first = co_await (std::move(work) || sleep_until(deadline));
  if (first.index() == 1) co_return std::nullopt;
  co_return std::get<0>(std::move(first));
}

// Wakes every coroutine that waits for it.
class Signal {
 public:
  explicit Signal(Executor executor) : executor_(executor) {}

  // Returns after the next notify_all(), at `when`, or on cancellation: look at what you wait for
  // again.
  Async<void> wait(SteadyClock::time_point when) {
    Timer timer(executor_, when);
    waiters_.push_back(&timer);
    const Leave leave{waiters_, &timer};
    co_await timer.async_wait(kAwaitTuple);
  }

  void notify_all() {
    for (Timer* timer : waiters_) timer->cancel();
  }

 private:
  struct Leave {
    std::vector<Timer*>& waiters;
    Timer* timer;
    ~Leave() { std::erase(waiters, timer); }
  };

  Executor executor_;
  std::vector<Timer*> waiters_;
};

// A coroutine that runs beside everything else until it ends or its owner goes.
class Background {
 public:
  Background() = default;
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() { stop(); }

  // REQUIRES: not running. Runs up to the first wait before this returns. `work` must keep alive
  // whatever it uses; that it is stopped reaches it as a cancellation some time later.
  void start(Executor executor, Async<void> work) {
    run_ = std::make_shared<Run>();
    asio::co_spawn(
        executor, std::move(work),
        asio::bind_cancellation_slot(run_->signal.slot(),
                                     [run = run_](std::exception_ptr) { run->ended = true; }));
  }

  void stop() {
    if (const auto run = std::exchange(run_, nullptr); run && !run->ended) {
      run->signal.emit(asio::cancellation_type::terminal);
    }
  }

 private:
  struct Run {
    asio::cancellation_signal signal;  // must outlive the coroutine
    bool ended = false;
  };
  std::shared_ptr<Run> run_;
};

// Runs `work` to its end with nobody waiting. It must keep alive whatever it uses and be bounded in
// time.
inline void run_detached(Executor executor, Async<void> work) {
  asio::co_spawn(executor, std::move(work), [](std::exception_ptr) {});
}

}  // namespace larkspur::mcp
