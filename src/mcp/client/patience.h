// How long a call may take: until its deadline, which stands still while the server waits for
// somebody on our side to answer a request of its own. People are slower than any deadline.
#pragma once

#include <functional>
#include <memory>

#include "mcp/client/waiting.h"

namespace larkspur::mcp {

// One loop. Shared with the answers under way, which may outlive the call.
class Patience {
 public:
  explicit Patience(SteadyClock::time_point deadline) : deadline_(deadline) {}

  SteadyClock::time_point until() const { return pauses_ > 0 ? kNever : deadline_; }

  // Called with until() whenever that changes; empty: nobody wants to know.
  void set_on_change(std::function<void(SteadyClock::time_point)> on_change) {
    on_change_ = std::move(on_change);
  }

  // The deadline stands still as long as one of these lives.
  class Pause {
   public:
    explicit Pause(std::shared_ptr<Patience> patience) : patience_(std::move(patience)) {
      if (patience_->pauses_++ == 0) patience_->stopped_ = SteadyClock::now();
      patience_->tell();
    }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    ~Pause() {
      if (--patience_->pauses_ == 0 && patience_->deadline_ != kNever) {
        patience_->deadline_ += SteadyClock::now() - patience_->stopped_;
      }
      patience_->tell();
    }

   private:
    std::shared_ptr<Patience> patience_;
  };

 private:
  void tell() {
    if (on_change_) on_change_(until());
  }

  SteadyClock::time_point deadline_;
  int pauses_ = 0;
  SteadyClock::time_point stopped_;  // when the first of the pauses began
  std::function<void(SteadyClock::time_point)> on_change_;
};

}  // namespace larkspur::mcp
