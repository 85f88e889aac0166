// How far a service's clock is from ours: its signatures are only good for minutes.
#pragma once

#include <atomic>
#include <string_view>

#include "base/clock.h"

namespace larkspur::ops::alibaba {

// Any thread.
class ClockSkew {
 public:
  // Now, as the service sees it.
  EpochMs now() const { return wall_clock_ms() + offset_ms_.load(std::memory_order_relaxed); }

  // `date`: the Date header of an answer that refused our time ("Thu, 15 Jan 2026 08:00:00 GMT").
  // False when it cannot be read, or when we were within a minute of it already.
  bool learn(std::string_view date);

 private:
  std::atomic<std::int64_t> offset_ms_ = 0;
};

}  // namespace larkspur::ops::alibaba
