// The tool calls that a script waits for: started together, finished in any order, never left
// behind.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/cancellation_signal.hpp>

#include "base/async.h"
#include "call/script_engine.h"
#include "call/tool_source.h"
#include "codemode/binding.h"
#include "starlark/starlark.h"

namespace larkspur::codemode {

// Lives on the script's loop. REQUIRES: finish_all() has returned before this is destroyed.
class InnerCalls {
 public:
  struct Finished {
    std::uint64_t id;
    starlark::HostResult result;
  };

  // All outlive this. Every call enters the path at its door, as a call of `script`'s caller.
  InnerCalls(Executor executor, call::ToolSource& path, const call::CallContext& script,
             const std::vector<BoundTool>& tools, std::chrono::milliseconds timeout);

  void start(starlark::HostCall call);
  bool any_finished() const {
    return !finished_.empty() && finished_.begin()->first == delivered_ + 1;
  }
  // The first to end of those that were not taken yet: in the order that their records tell, since
  // a script that is run again has nothing else to go by.
  std::optional<Finished> take_finished();
  // Until any_finished(), the deadline passes or the coroutine is cancelled.
  Async<void> wait(SteadyClock::time_point deadline);
  // Cancels what is in flight and waits until nothing is.
  Async<void> finish_all();

  bool any_in_flight() const { return !in_flight_.empty(); }
  // The calls so far, in the order in which they ended.
  std::vector<call::InnerCall> take_log() { return std::move(log_); }
  std::uint64_t result_bytes() const { return result_bytes_; }
  // A call that failed, as operators may know of it.
  struct Failure {
    starlark::Location at;
    bool denied = false;       // the script itself is not told: to it, the tool does not exist
    std::string public_error;  // "tool github_get_issue: timeout after 30 s"
  };
  // The first that failed at this place of the script; nullptr when none did.
  const Failure* failure_at(starlark::Location at) const;

 private:
  struct Performed {
    starlark::HostResult result;
    std::uint32_t number = 0;  // in the order in which the calls ended
  };
  Async<Performed> perform(starlark::HostCall call);

  Executor executor_;
  call::ToolSource& path_;
  const call::CallContext& script_;
  const std::vector<BoundTool>& tools_;
  std::chrono::milliseconds timeout_;
  Timer wake_;
  std::map<std::uint64_t, std::unique_ptr<asio::cancellation_signal>> in_flight_;
  std::map<std::uint32_t, Finished> finished_;  // by their number
  std::uint32_t delivered_ = 0;
  std::vector<call::InnerCall> log_;
  std::vector<Failure> failures_;
  std::uint64_t result_bytes_ = 0;
  std::uint32_t ended_ = 0;
};

}  // namespace larkspur::codemode
