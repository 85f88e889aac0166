// Everything that can be called is a ToolSource; everything that happens to a call on its way is a
// decorator around one (docs/architecture.md).
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "call/call_context.h"
#include "call/tool_schema.h"
#include "execlog/vocabulary.h"

namespace larkspur::call {

// The tool that Larkspur itself adds when code mode is on; no backend may take its name.
inline constexpr std::string_view kScriptToolName = "execute_tool_script";

// The source of the tools that Larkspur has itself; no backend may take this name, either.
inline constexpr std::string_view kOwnSource = "larkspur";

// Who asks: a client for itself, or a script of its.
enum class Audience : unsigned char { kClient, kScript };

// Whether a call of a tool may go on as a task at its backend after its request was answered.
enum class TaskSupport : unsigned char {
  kNone,
  kOnRequest,      // where the caller asks for it (legacy backend, taskSupport "optional")
  kRequired,       // always, and in no other way (legacy backend, "required")
  kServerDecides,  // where the backend thinks so and the caller can take it (modern extension)
};

// A tool as callers see it. Immutable and shared.
struct Tool {
  std::string name;        // the published name
  std::string definition;  // the MCP Tool object, raw: as its source gave it, but for its name
  std::string source;      // who has it: a backend's name, or kOwnSource
  // Of a tool of Larkspur's own: the argument that says what its call is about ("cluster_id"),
  // which becomes the scope in the record's id. "": the source is the scope.
  std::string scope_argument;
  std::chrono::milliseconds timeout{0};  // of one call; 0: the gateway's default
  // Who may know of it; to the others it does not exist.
  bool for_clients = true;
  bool for_scripts = true;
  TaskSupport tasks = TaskSupport::kNone;
  bool object_output = true;  // false: its outputSchema promises something else, of the modern era
  ToolSchema schema;          // read from the definition
};
using ToolList = std::vector<std::shared_ptr<const Tool>>;

// The tool ran and said this: an MCP CallToolResult, raw. `is_error` is its isError member, so that
// nobody has to look into the text to know.
struct CallResult {
  std::string json;
  bool is_error = false;
};

// Where a call failed, in the log's own words.
using FailureStage = execlog::FailureStage;

// The tool gave no result.
struct CallError {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // for people and models; no secrets
  FailureStage stage = FailureStage::kInternal;
  int rpc_code = 0;      // the backend's JSON-RPC error code; 0 when there was none
  std::string rpc_data;  // its error.data, raw; "" when there was none
};

using CallReply = std::expected<CallResult, CallError>;

inline std::unexpected<CallError> call_fail(ErrorCode code, FailureStage stage,
                                            std::string message) {
  return std::unexpected(CallError{code, std::move(message), stage, 0, {}});
}

// Thread rule: both may run on every loop at once.
class ToolSource {
 public:
  virtual ~ToolSource() = default;

  // The tools that this caller may call itself, or that its scripts may call, in an order that does
  // not change while the tools do not.
  virtual ToolList list(const Caller& caller, Audience audience) = 0;

  // Calls one. `arguments` is a raw JSON object, or "" when the caller gave none (which is not the
  // same as {}). Context and both texts outlive the call. Cancelling the coroutine cancels the
  // call.
  virtual Async<CallReply> call(CallContext& context, std::string_view tool,
                                std::string_view arguments) = 0;
};

// The reply to a tool that does not exist, and to one that this caller may not know of: the same
// words.
CallReply unknown_tool(std::string_view name);

// A result with one text item and isError: how a failure is told to a model.
CallResult error_result(std::string_view text);

}  // namespace larkspur::call
