// executionLog.inResult: what a caller gets to see of the record of its own call, the short view of
// execlog/form/json_form.h, and where.
//
// The data of Larkspur's own tools has the member execution_log (call/output.h). What a backend's
// tool says in structuredContent is bound by the schema that its backend gave, so its record goes
// into the result's _meta. The inner calls of a script answer to the script, which sees neither.
#pragma once

#include <string>

#include "call/tool_source.h"
#include "config/config.h"

namespace larkspur::gateway {

// The key in a result's _meta, and in that of a request that asks for it.
inline constexpr std::string_view kExecutionLogMeta = "dev.larkspur/executionLog";

// Immutable; any thread.
class LogInResult {
 public:
  explicit LogInResult(config::InResult where) : where_(where) {}

  // `asked`: what the request's _meta has under kExecutionLogMeta, as raw JSON.
  bool wanted(std::string_view asked) const {
    return where_ == config::InResult::kOnRequest ? asked == "true"
                                                  : where_ != config::InResult::kOff;
  }

  // Whether add() will put something into the data of this tool.
  bool changes(const call::Tool& tool) const;
  // The tool's definition as clients see it: its outputSchema says what add() will put there.
  std::string definition(const call::Tool& tool) const;

  // Puts context.execution_log, where there is one, into `result`, a CallToolResult. A result that
  // is not an object, or whose _meta is none, stays as it is.
  void add(std::string& result, const call::CallContext& context) const;

 private:
  config::InResult where_;
};

}  // namespace larkspur::gateway
