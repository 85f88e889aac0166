#include "call/tool_source.h"

#include "base/text.h"
#include "json/writer.h"

namespace larkspur::call {

std::string_view to_string(FailureStage stage) {
  switch (stage) {
    case FailureStage::kValidateInput:
      return "validate_input";
    case FailureStage::kPolicyCheck:
      return "policy_check";
    case FailureStage::kBackendConnect:
      return "backend_connect";
    case FailureStage::kBackendCall:
      return "backend_call";
    case FailureStage::kDecodeResponse:
      return "decode_response";
    case FailureStage::kCancelled:
      return "cancelled";
    case FailureStage::kTimeout:
      return "timeout";
    case FailureStage::kInternal:
      return "internal";
  }
  return "internal";
}

CallReply unknown_tool(std::string_view name) {
  constexpr std::size_t kShown = 128;
  return call_fail(ErrorCode::kNotFound, FailureStage::kValidateInput,
                   "Unknown tool: '" + printable(truncate_utf8(name, kShown)) + "'");
}

CallResult error_result(std::string_view text) {
  json::Writer writer;
  writer.begin_object().key("content").begin_array();
  writer.begin_object().key("type").string("text").key("text").string(text).end_object();
  writer.end_array().key("isError").boolean(true).end_object();
  return {writer.take(), true};
}

}  // namespace larkspur::call
