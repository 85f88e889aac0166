// How a client is patient with a server that does not come up, or does not stay up.
#pragma once

#include "base/async.h"

namespace larkspur::mcp {

// When the next attempt to connect may start.
class Backoff {
 public:
  bool may_try(SteadyClock::time_point now) const { return now >= retry_at_; }

  void failed(SteadyClock::time_point now);
  void connected(SteadyClock::time_point now);
  // A connection that had worked is gone. The first time it is replaced at once; a server that
  // crashes again and again soon after its start is not.
  void lost(SteadyClock::time_point now);

 private:
  int failures_ = 0;      // attempts in a row
  int quick_losses_ = 0;  // connections in a row that did not live long
  SteadyClock::time_point connected_at_{};
  SteadyClock::time_point retry_at_{};
};

}  // namespace larkspur::mcp
