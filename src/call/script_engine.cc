#include "call/script_engine.h"

namespace larkspur::call {

std::string_view script_status(ScriptEnd end) {
  switch (end) {
    case ScriptEnd::kSuccess:
      return "success";
    case ScriptEnd::kTimeout:
      return "timeout";
    case ScriptEnd::kStepLimit:
      return "step_limit";
    default:
      return "error";
  }
}

std::string_view script_error_type(ScriptEnd end) {
  switch (end) {
    case ScriptEnd::kSuccess:
      return "";
    case ScriptEnd::kTimeout:
      return "timeout";
    case ScriptEnd::kStepLimit:
      return "step_limit";
    case ScriptEnd::kSyntax:
      return "syntax";
    case ScriptEnd::kRuntime:
      return "runtime";
    case ScriptEnd::kToolError:
      return "tool_error";
    case ScriptEnd::kDenied:
      return "denied";
    case ScriptEnd::kMemoryLimit:
      return "memory_limit";
    case ScriptEnd::kDepthLimit:
      return "depth_limit";
    case ScriptEnd::kCallLimit:
      return "call_limit";
    case ScriptEnd::kOutputLimit:
      return "output_limit";
    case ScriptEnd::kCancelled:
      return "cancelled";
    case ScriptEnd::kInvalidArguments:
      return "invalid_arguments";
    case ScriptEnd::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace larkspur::call
