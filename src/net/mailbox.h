// A bounded queue into a loop: any thread puts, one coroutine on the owner's loop takes.
#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "base/async.h"

namespace larkspur::net {

// Messages beyond `capacity` are dropped and counted; those on their way into the loop count as
// held. Shared by pointer, because a put that is on its way may outlive the taker.
template <class T>
class Mailbox : public std::enable_shared_from_this<Mailbox<T>> {
 public:
  Mailbox(Executor executor, std::size_t capacity)
      : executor_(executor), wake_(executor, SteadyClock::time_point::max()), capacity_(capacity) {}

  // Any thread.
  void put(T item) {
    if (held_.fetch_add(1, std::memory_order_relaxed) >= capacity_) {
      held_.fetch_sub(1, std::memory_order_relaxed);
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    asio::post(executor_, [self = this->shared_from_this(), item = std::move(item)]() mutable {
      if (self->closed_) return;
      self->items_.push_back(std::move(item));
      self->wake_.cancel();
    });
  }

  // Any thread. take() then gives what is left, then nullopt.
  void close() {
    asio::post(executor_, [self = this->shared_from_this()] {
      self->closed_ = true;
      self->wake_.cancel();
    });
  }

  // The next item; nullopt when closed, when cancelled, or when `until` has passed. On the owner's
  // loop only, one at a time.
  Async<std::optional<T>> take(SteadyClock::time_point until = SteadyClock::time_point::max()) {
    while (items_.empty() && !closed_) {
      if (SteadyClock::now() >= until) co_return std::nullopt;
      wake_.expires_at(until);
      co_await wake_.async_wait(kAwaitTuple);
      if ((co_await asio::this_coro::cancellation_state).cancelled() !=
          asio::cancellation_type::none) {
        co_return std::nullopt;
      }
    }
    if (items_.empty()) co_return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    held_.fetch_sub(1, std::memory_order_relaxed);
    co_return item;
  }

  std::size_t dropped() const { return dropped_.load(std::memory_order_relaxed); }  // any thread

 private:
  Executor executor_;
  Timer wake_;
  std::size_t capacity_;
  std::deque<T> items_;
  bool closed_ = false;
  std::atomic<std::size_t> held_ = 0;  // in items_ or posted
  std::atomic<std::size_t> dropped_ = 0;
};

}  // namespace larkspur::net
