#include "call/content_source.h"

#include "base/text.h"
#include "json/writer.h"

namespace larkspur::call {

CallReply unknown_content(ContentKind kind, std::string_view key) {
  const std::string shown = printable(truncate_utf8(key, 256));
  CallError error{ErrorCode::kNotFound, {}, FailureStage::kInternal, -32602, {}};
  if (kind == ContentKind::kPrompt) {
    error.message = "Unknown prompt: " + shown;
  } else {
    json::Writer data;
    data.begin_object().key("uri").string(key).end_object();
    error.message = "Resource not found: " + shown;
    error.rpc_data = data.take();
  }
  return std::unexpected(std::move(error));
}

}  // namespace larkspur::call
