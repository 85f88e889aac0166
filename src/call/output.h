// The answer of a tool of Larkspur's own: the one base of all their outputs.
//
//   call::Output output;
//   output.data().key("nodes").integer(3);
//   output.text("3 nodes");
//   co_return output.take();
//
// The tool writes its data and words for a model, and describes the data with output_schema(). The
// execution log of the call is not its business: where executionLog.inResult asks for it, the
// gateway puts it into every Output as structuredContent.execution_log and says so in the
// outputSchema that clients see (gateway/path/log_in_result.h). So no tool can forget it, and no
// tool's data may have a member of that name.
#pragma once

#include <string>
#include <string_view>

#include "call/tool_source.h"
#include "json/writer.h"

namespace larkspur::call {

// What went wrong, for programs: the member `error` of the data of every tool that failed.
struct OutputError {
  std::string_view type;     // of the tool's own closed list: "invalid_arguments", "timeout", ...
  std::string_view message;  // for people and models; no secrets
};

// Fill, take, forget. Not thread-safe.
class Output {
 public:
  Output() { data_.begin_object(); }

  // The members of structuredContent: call key() and one value for each.
  json::Writer& data() { return data_; }
  // One text item of content; items stay in order. A tool that says nothing here says its data as
  // text, as the protocol advises.
  Output& text(std::string_view text);
  // The result is an error (isError), and the data has the member `error`. What the tool found
  // before it failed may stand beside it.
  Output& error(const OutputError& error);
  // The same, for a tool that has written a member `error` of its own form.
  Output& failed();

  // The CallToolResult.
  CallResult take();

 private:
  json::Writer data_, content_;
  bool has_text_ = false;
  bool is_error_ = false;
};

// The outputSchema of a built-in tool. `properties`: a raw JSON object, one schema for each member
// of the data; none is required, since a failed call has `error` instead, which is described here
// unless the tool describes its own.
std::string output_schema(std::string_view properties);

}  // namespace larkspur::call
