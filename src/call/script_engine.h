// What runs a script, as its decorators see it. The engine knows no telemetry; whoever measures it
// wraps it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "call/call_context.h"

namespace larkspur::call {

struct ScriptRequest {
  std::string source;
  std::string data;  // a raw JSON object, or ""
  std::string hash;  // "sha256:" + 64 hex digits of the source
  std::string
      problem;  // what is wrong with the arguments; the engine answers kInvalidArguments at once
};

// How a script ended: exactly one of these, for every script that was asked for.
enum class ScriptEnd : unsigned char {
  kSuccess,
  kTimeout,
  kStepLimit,
  kSyntax,
  kRuntime,
  kToolError,
  kDenied,
  kMemoryLimit,
  kDepthLimit,
  kCallLimit,
  kOutputLimit,
  kCancelled,
  kInvalidArguments,
  kInternal,
};

// The `status` label of reference/telemetry.md: success, error, timeout or step_limit.
std::string_view script_status(ScriptEnd end);
// The `error.type` of the same page ("memory_limit"); "" for success.
std::string_view script_error_type(ScriptEnd end);

// One inner call, for the answer to the caller.
struct InnerCall {
  std::string tool;
  std::string place;
  std::int64_t duration_ms = 0;
  bool ok = false;
};

struct ScriptOutcome {
  ScriptEnd end = ScriptEnd::kInternal;
  std::string result;        // success: the value as JSON
  std::string printed;       // what print() wrote, failures included
  std::string error;         // for the caller: message, place, source line, hint, call stack
  std::string public_error;  // the engine's own words with the script's values left out: for logs
  std::uint32_t line = 0;    // where it failed; 0 when there is no place
  std::uint32_t column = 0;
  std::uint64_t steps = 0;
  std::size_t peak_memory_bytes = 0;
  std::uint32_t parallel_calls = 0;
  std::uint32_t parallel_tasks = 0;
  std::vector<InnerCall> calls;    // in the order in which they ended
  std::uint64_t inner_bytes = 0;   // of the results of those calls
  std::uint64_t answer_bytes = 0;  // of the result and what was printed
  ScriptLimits limits;
  std::shared_ptr<const ToolsSeen> tools;

  // What the client was spared by sending a script instead of its calls one by one.
  std::uint64_t calls_saved() const { return calls.empty() ? 0 : calls.size() - 1; }
  std::uint64_t bytes_kept() const {
    return inner_bytes > answer_bytes ? inner_bytes - answer_bytes : 0;
  }
};

class ScriptEngine {
 public:
  virtual ~ScriptEngine() = default;
  // Never throws for what a script does. Cancelling the coroutine cancels the script and its calls;
  // a cancelled run still has an outcome for whoever measures (kCancelled), then the exception goes
  // on.
  virtual Async<ScriptOutcome> run(CallContext& context, const ScriptRequest& request) = 0;
};

}  // namespace larkspur::call
