// The calls that wait for their answers on one shared stream, by request id.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/async.h"
#include "mcp/client/client.h"
#include "mcp/client/patience.h"

namespace larkspur::mcp {

class PendingCalls {
 public:
  // One call that waits; lives in the frame of its coroutine and is in the table as long as it
  // lives.
  class Slot {
   public:
    Slot(PendingCalls& table, Executor executor, std::int64_t id,
         std::shared_ptr<Patience> patience);
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() {
      patience_->set_on_change({});
      table_.remove(id_);
    }

    // The answer; kTimeout or kCancelled where none came.
    Async<CallReply> wait();

   private:
    friend class PendingCalls;
    PendingCalls& table_;
    std::int64_t id_;
    std::shared_ptr<Patience> patience_;
    Timer wake_;
    std::optional<CallReply> reply_;
  };

  bool contains(std::int64_t id) const { return slots_.contains(id); }
  // False when nobody waits for `id`: a late answer.
  bool answer(std::int64_t id, CallReply reply);
  void fail_all(const Error& error);

  // A message was dropped unread: it may have been the answer to any call that waits now. A call
  // fails with `error` as soon as all the others that it could have been for have got theirs.
  void answer_dropped(const Error& error);

 private:
  struct Dropped {
    std::set<std::int64_t> suspects;
    Error error;
  };

  void remove(std::int64_t id);
  void find_the_victims();

  std::map<std::int64_t, Slot*> slots_;
  std::vector<Dropped> dropped_;
};

}  // namespace larkspur::mcp
