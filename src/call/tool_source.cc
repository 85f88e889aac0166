#include "call/tool_source.h"

#include "base/text.h"
#include "json/writer.h"

namespace larkspur::call {

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
