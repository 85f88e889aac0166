// Who holds a call that its backend performs as a task: the caller has its answer already, a
// handle, and asks later how the work goes on (mcp 2025-11-25 basic/utilities/tasks; the extension
// io.modelcontextprotocol/tasks of 2026-07-28).
//
// The call itself runs down the path like any other, from its record's beginning to its end,
// however long that takes; the holder is what it tells its news.
#pragma once

#include <chrono>
#include <string>

#include "base/async.h"

namespace larkspur::call {

// What a backend says of a task that is at work.
struct TaskNews {
  std::string message;                      // for people; "" for none
  std::chrono::milliseconds poll_interval;  // how often it wants to be asked
};

// On the call's loop; outlives the call.
class TaskHolder {
 public:
  virtual ~TaskHolder() = default;
  // How long the task may take, and the caller may come back for its result.
  virtual std::chrono::milliseconds ttl() const = 0;
  // The caller asked for a task and takes nothing else.
  virtual bool demanded() const = 0;
  // The backend has made a task of the call: from now on nobody waits for the call's request.
  virtual void started(TaskNews news) = 0;
  virtual void heard(TaskNews news) = 0;
};

}  // namespace larkspur::call
