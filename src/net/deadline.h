// One deadline that moves with every step of a connection. Moving it later, or clearing it, costs
// nothing: the timer that is already armed fires, sees that it is early, and arms itself anew.
#pragma once

#include <functional>
#include <memory>

#include "base/async.h"

namespace larkspur::net {

class Deadline {
 public:
  // `on_passed` runs on the executor's loop, and never after the destructor.
  Deadline(Executor executor, std::function<void()> on_passed);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(SteadyClock::time_point when);
  void set(std::chrono::milliseconds from_now) { set(SteadyClock::now() + from_now); }
  void clear();
  // clear(), and no timer stays behind that would keep the loop busy.
  void disarm();
  // True once it passed, until the next set().
  bool passed() const;

 private:
  struct State;
  static void arm(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace larkspur::net
