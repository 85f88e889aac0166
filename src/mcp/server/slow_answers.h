// Answers that take long become event streams: comments then keep whatever is on the way from
// taking the connection for dead, and a legacy client has something to resume by.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/async.h"
#include "mcp/server/loop_local.h"

namespace larkspur::mcp::server {

struct WatchList;

class SlowAnswers {
 public:
  // One answer that is being worked on, for as long as this lives. Cheap: an answer that is quick
  // enters a list and leaves it; each loop has one timer, for the first in the list.
  class Watch {
   public:
    Watch() = default;
    virtual ~Watch() { leave(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // Has slow() called once, on this loop, unless this leaves before. REQUIRES: not started yet.
    void start(SlowAnswers& answers, const Executor& executor);
    void leave();

   private:
    friend class SlowAnswers;
    virtual void slow() = 0;

    std::shared_ptr<WatchList> list_;
    SteadyClock::time_point due_;
    Watch* before_ = nullptr;
    Watch* after_ = nullptr;
  };

  explicit SlowAnswers(std::chrono::milliseconds patience);
  ~SlowAnswers();

 private:
  static void look(const std::shared_ptr<WatchList>& list);

  std::chrono::milliseconds patience_;
  std::unique_ptr<LoopLocal<WatchList>> lists_;
};

}  // namespace larkspur::mcp::server
