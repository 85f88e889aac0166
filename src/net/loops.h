// The event loops: one per core, each with a thread and an io_context of its own. What runs on a
// loop stays there for life, so nothing on the request path needs a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/async.h"

namespace larkspur::net {

class Loops {
 public:
  explicit Loops(std::size_t count);
  ~Loops();  // REQUIRES: run() has returned, or was never called

  std::size_t size() const { return loops_.size(); }
  EventLoop& operator[](std::size_t index) { return *loops_[index]; }
  Executor executor(std::size_t index) { return loops_[index]->get_executor(); }

  // The index of the loop that the calling thread runs. REQUIRES: called on a loop's thread.
  static std::size_t here();

  // Runs every loop: loop 0 on the calling thread, the others on threads of their own. Returns when
  // all have ended after stop(), or when none has anything left to do.
  void run();
  void stop();  // any thread, and safe in a signal handler's loop callback

  // Runs `task` once on every loop's thread, soon. Any thread. How shared state is replaced: build
  // the new value once, then hand each loop its pointer.
  void post_to_all(std::function<void(std::size_t index)> task);

 private:
  void run_one(std::size_t index);

  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> epoch_ = 1;                 // see run_one()
  std::vector<std::atomic<std::uint64_t>> quiet_since_;  // per loop: the epoch in which it ran dry
};

}  // namespace larkspur::net
