// Which variables are certainly bound at the place that is being compiled, so that reading them
// needs no check. Every step costs as much as the variables that it concerns.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace larkspur::starlark {

class Flow {
 public:
  explicit Flow(std::size_t variables) : bound_(variables), arrivals_(variables) {}

  bool is_bound(std::uint16_t variable) const { return bound_[variable]; }
  void bind(std::uint16_t variable) {
    if (bound_[variable]) return;
    bound_[variable] = true;
    log_.push_back(variable);
  }

  // Nothing runs from here on: behind return, break, continue.
  void end() { ended_ = true; }
  bool ended() const { return ended_; }

  // Code that may not run: what it binds is forgotten when it is over.
  class Maybe {
   public:
    explicit Maybe(Flow& flow) : flow_(flow), begin_(flow.log_.size()), ended_(flow.ended_) {}
    ~Maybe() {
      flow_.rewind(begin_);
      flow_.ended_ = ended_;
    }
    Maybe(const Maybe&) = delete;
    Maybe& operator=(const Maybe&) = delete;

   private:
    Flow& flow_;
    std::size_t begin_;
    bool ended_;
  };

  // Ways of which exactly one is taken: bound afterwards is what every way binds that arrives at
  // the end.
  class Ways {
   public:
    explicit Ways(Flow& flow)
        : flow_(flow),
          begin_(flow.log_.size()),
          arrived_begin_(flow.arrived_.size()),
          ended_(flow.ended_) {}
    Ways(const Ways&) = delete;
    Ways& operator=(const Ways&) = delete;

    void end_way() {
      if (!flow_.ended_) {
        ++arriving_;
        flow_.arrived_.insert(flow_.arrived_.end(),
                              flow_.log_.begin() + static_cast<std::ptrdiff_t>(begin_),
                              flow_.log_.end());
      }
      flow_.rewind(begin_);
      flow_.ended_ = ended_;
    }

    // After all ways.
    void join() {
      const std::span arrived = std::span(flow_.arrived_).subspan(arrived_begin_);
      for (const std::uint16_t variable : arrived) ++flow_.arrivals_[variable];
      for (const std::uint16_t variable : arrived) {
        if (flow_.arrivals_[variable] == arriving_) flow_.bind(variable);
        flow_.arrivals_[variable] = 0;
      }
      flow_.arrived_.resize(arrived_begin_);
      if (arriving_ == 0) flow_.ended_ = true;
    }

   private:
    Flow& flow_;
    std::size_t begin_;
    std::size_t arrived_begin_;
    bool ended_;
    std::uint32_t arriving_ = 0;
  };

 private:
  void rewind(std::size_t begin) {
    for (std::size_t i = begin; i < log_.size(); ++i) bound_[log_[i]] = false;
    log_.resize(begin);
  }

  std::vector<std::uint8_t> bound_;
  std::vector<std::uint16_t> log_;      // what was bound, in order
  std::vector<std::uint16_t> arrived_;  // what the ways of open Ways bind, a stack
  std::vector<std::uint32_t> arrivals_;
  bool ended_ = false;
};

}  // namespace larkspur::starlark
