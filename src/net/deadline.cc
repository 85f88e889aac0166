#include "net/deadline.h"

#include <utility>

namespace larkspur::net {

namespace {
constexpr SteadyClock::time_point kNever = SteadyClock::time_point::max();
}

struct Deadline::State {
  Timer timer;
  std::function<void()> on_passed;
  SteadyClock::time_point when = kNever;
  SteadyClock::time_point armed = kNever;  // when the timer fires; never later than `when`
  bool passed = false;
};

Deadline::Deadline(Executor executor, std::function<void()> on_passed)
    : state_(std::make_shared<State>(Timer(executor), std::move(on_passed))) {}

Deadline::~Deadline() {
  disarm();
  state_->on_passed = nullptr;  // the timer may have fired already, its handler still queued
}

void Deadline::set(SteadyClock::time_point when) {
  state_->when = when;
  state_->passed = false;
  if (when < state_->armed) arm(state_);
}

void Deadline::clear() {
  state_->when = kNever;
  state_->passed = false;
}

void Deadline::disarm() {
  clear();
  if (state_->armed != kNever) state_->timer.cancel();
  state_->armed = kNever;
}

bool Deadline::passed() const {
  return state_->passed;
}

void Deadline::arm(const std::shared_ptr<State>& state) {
  state->armed = state->when;
  state->timer.expires_at(state->when);
  state->timer.async_wait([state](const boost::system::error_code& error) {
    if (error) return;
    state->armed = kNever;
    if (state->when == kNever) return;
    if (SteadyClock::now() < state->when) return arm(state);
    state->when = kNever;
    state->passed = true;
    if (state->on_passed) state->on_passed();
  });
}

}  // namespace larkspur::net
