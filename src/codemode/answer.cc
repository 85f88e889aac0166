#include "codemode/answer.h"

#include "call/output.h"

namespace larkspur::codemode {

namespace {

void write_logs(json::Writer& writer, std::string_view printed) {
  writer.key("logs").begin_array();
  while (!printed.empty()) {
    const std::size_t end = printed.find('\n');
    writer.string(printed.substr(0, end));
    printed = end == std::string_view::npos ? std::string_view{} : printed.substr(end + 1);
  }
  writer.end_array();
}

void write_calls(json::Writer& writer, const std::vector<call::InnerCall>& calls) {
  writer.key("calls").begin_array();
  for (const call::InnerCall& each : calls) {
    writer.begin_object().key("tool").string(each.tool).key("place").string(each.place);
    writer.key("ok").boolean(each.ok).key("duration_ms").integer(each.duration_ms).end_object();
  }
  writer.end_array();
}

void write_error(json::Writer& writer, const call::ScriptOutcome& outcome) {
  writer.key("error").begin_object();
  // A tool that is denied looks like one that does not exist.
  const bool denied = outcome.end == call::ScriptEnd::kDenied;
  writer.key("type").string(
      call::script_error_type(denied ? call::ScriptEnd::kToolError : outcome.end));
  writer.key("message").string(outcome.error);
  if (outcome.line > 0)
    writer.key("line").integer(outcome.line).key("column").integer(outcome.column);
  writer.end_object();
}

// What a model reads when a script failed: why, and what has already happened and must not be
// repeated.
std::string failure_text(const call::ScriptOutcome& outcome) {
  std::string text = outcome.error;
  if (outcome.calls.empty()) return text;
  text += "\n\nTool calls that had run:";
  for (const call::InnerCall& each : outcome.calls) {
    text += "\n  " + each.place + "  " + each.tool + (each.ok ? "  ok  " : "  failed  ") +
            std::to_string(each.duration_ms) + " ms";
  }
  return text;
}

}  // namespace

call::CallResult answer(const call::ScriptOutcome& outcome) {
  call::Output output;
  if (outcome.end == call::ScriptEnd::kSuccess) {
    output.data().key("result").raw(outcome.result);
    output.text(outcome.result);
  } else {
    write_error(output.data(), outcome);
    write_calls(output.data(), outcome.calls);
    output.text(failure_text(outcome)).failed();
  }
  if (!outcome.printed.empty()) {
    write_logs(output.data(), outcome.printed);
    output.text("Script logs:\n" + outcome.printed);
  }
  return output.take();
}

}  // namespace larkspur::codemode
