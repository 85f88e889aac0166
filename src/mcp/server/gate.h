// A lock for coroutines of one loop: who finds it taken waits without holding anything up.
#pragma once

#include <utility>

#include "base/async.h"

namespace larkspur::mcp::server {

class Gate {
 public:
  explicit Gate(const Executor& executor) : freed_(executor, SteadyClock::time_point::max()) {}

  // Holds the gate; letting go of it lets the next one in.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    Gate* gate_;
  };

  // The gate outlives the pass. Throws where the caller is cancelled while it waits.
  Async<Pass> enter() {
    while (taken_) co_await freed_.async_wait(kAwaitTuple);
    taken_ = true;
    co_return Pass(*this);
  }

 private:
  void leave() {
    taken_ = false;
    freed_.cancel();
  }

  Timer freed_;  // never expires; cancelling it wakes those who wait
  bool taken_ = false;
};

}  // namespace larkspur::mcp::server
