// What every built-in tool is made of: a specification, and a run that gives an output or a
// failure. BuiltinLeaf makes a leaf of the call path out of one; arguments, result, error and
// record are its business, so that no tool does them by hand.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call/external_call.h"
#include "call/tool_source.h"
#include "ops/parameters.h"

namespace larkspur::ops {

using call::FailureStage;

// One member of the result's structuredContent. A failed call has `error` and, of these, only what
// is known in spite of the failure; so none is required.
struct OutputField {
  std::string name;
  std::string schema;  // JSON Schema, raw
};

// MCP's tool annotations.
struct Annotations {
  bool read_only = true;
  bool destructive = false;
  bool idempotent = true;
  bool open_world = true;
};

struct ToolSpec {
  std::string name;
  std::string title;
  std::string description;
  Parameters parameters;
  std::vector<OutputField> output;
  Annotations annotations = {};
  std::chrono::milliseconds timeout{0};  // of one call; 0: the gateway's default
  std::string scope_argument = {};       // see call::Tool
};

struct ToolOutput {
  std::string structured;  // a JSON object by the specification's output, raw
  std::vector<std::string> warnings = {};
  std::string lacks = {};  // what an incomplete answer lacks; "" for a complete one
  bool truncated = false;
};

// How a failed call ended, for the record's status.
enum class FailureKind : unsigned char { kFailed, kDenied, kTimeout, kCancelled };

struct ToolFailure {
  std::string code;     // stable, for programs: "WriteCommandNotAllowed", "ErrorClusterNotFound"
  std::string message;  // what happened, where, and what to do next; no secrets
  FailureStage stage = FailureStage::kInternal;
  FailureKind kind = FailureKind::kFailed;
  std::string type = "tool_error";  // the record's metadata.error_type
  // Further metadata of the record: http_status, exit_code, request_id, hint, ...
  std::vector<std::pair<std::string, execlog::MetadataValue>> facts = {};
  std::string structured =
      {};  // a JSON object, raw: what holds in spite of the failure; "" for none
};

using ToolReply = std::expected<ToolOutput, ToolFailure>;

// A failure of what a client reported; `code` in the words of base/error_codes.def, and the kind
// that goes with it.
std::unexpected<ToolFailure> failed(const Error& error, FailureStage stage);
std::unexpected<ToolFailure> failed(std::string code, FailureStage stage, std::string message);

// Any loop.
class BuiltinTool {
 public:
  virtual ~BuiltinTool() = default;
  virtual const ToolSpec& spec() const = 0;
  // Context and arguments outlive the run. What is outside is reached through HttpExchange and
  // ProcessRun (call/external_call.h). Cancelling the coroutine must end the work.
  virtual Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) = 0;
};

// notifications/progress to the client of this call; nothing where it takes none. `total` 0:
// unknown.
void tell_progress(call::CallContext& context, double done, double total, std::string_view message);

class BuiltinLeaf : public call::ToolSource {
 public:
  // Other tools may ask `tool`, too.
  explicit BuiltinLeaf(std::shared_ptr<BuiltinTool> tool);

  std::shared_ptr<const call::Tool> facts() const { return facts_; }
  call::ToolList list(const call::Caller& caller, call::Audience audience) override;
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override;

 private:
  std::shared_ptr<BuiltinTool> tool_;
  std::shared_ptr<const call::Tool> facts_;
};

}  // namespace larkspur::ops
