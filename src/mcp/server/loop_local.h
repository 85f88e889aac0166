// One T per event loop, made by the loop itself when it first asks. Each T is touched on its own
// loop only, so nothing in it needs a lock.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <utility>

#include "base/async.h"

namespace larkspur::mcp::server {

template <class T>
class LoopLocal {
 public:
  // The T of the loop that `executor` belongs to. REQUIRES: called on that loop. The pointer may
  // outlive the LoopLocal.
  std::shared_ptr<T> here(const Executor& executor) {
    return std::shared_ptr<T>(slots_, &(*slots_)[index_of(executor)].value);
  }

  // What names the T of that loop to post_to(). REQUIRES: called on that loop.
  std::size_t index_of(const Executor& executor) {
    EventLoop* const loop = &executor.context();
    for (std::size_t i = 0; i < kMaxLoops; ++i) {
      EventLoop* owner = (*slots_)[i].loop.load(std::memory_order_relaxed);
      // A lost race leaves the winner in `owner`, and the search goes on behind it.
      if (owner == nullptr && (*slots_)[i].loop.compare_exchange_strong(owner, loop)) owner = loop;
      if (owner == loop) return i;
    }
    throw std::logic_error("more event loops than LoopLocal has room for");
  }

  // Runs `task` on the loop whose T has this index, soon. False when there is none. Any thread.
  template <class Task>
  bool post_to(std::size_t index, Task task) {
    EventLoop* const loop = index < kMaxLoops ? (*slots_)[index].loop.load() : nullptr;
    if (loop == nullptr) return false;
    asio::post(*loop, [slots = slots_, index, task = std::move(task)]() mutable {
      task((*slots)[index].value);
    });
    return true;
  }

  // Runs `task` on every loop that has a T, soon. Any thread.
  template <class Task>
  void for_each(Task task) {
    for (Slot& slot : *slots_) {
      EventLoop* const loop = slot.loop.load();
      if (loop == nullptr) return;
      asio::post(*loop, [slots = slots_, &slot, task] { task(slot.value); });
    }
  }

 private:
  static constexpr std::size_t kMaxLoops = 256;
  struct Slot {
    std::atomic<EventLoop*> loop = nullptr;  // once set, never changed
    T value;
  };
  using Slots = std::array<Slot, kMaxLoops>;

  std::shared_ptr<Slots> slots_ = std::make_shared<Slots>();
};

}  // namespace larkspur::mcp::server
