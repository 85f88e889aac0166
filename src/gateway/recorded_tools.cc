#include "gateway/recorded_tools.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>

#include "execlog/json_form.h"
#include "execlog/recording.h"
#include "json/scan.h"
#include "json/value.h"

namespace larkspur::gateway {

namespace {

std::variant<std::monostate, std::int64_t, std::string> request_id(std::string_view raw) {
  std::int64_t number = 0;
  const char* end = raw.data() + raw.size();
  if (const auto read = std::from_chars(raw.data(), end, number);
      read.ec == std::errc{} && read.ptr == end) {
    return number;
  }
  if (raw.size() >= 2 && raw.front() == '"') return std::string(raw.substr(1, raw.size() - 2));
  return std::monostate{};
}

// What a call is about: the backend, or the cluster that the arguments name.
std::string scope_of(const call::Tool& tool, std::string_view arguments) {
  if (tool.scope_argument.empty()) return tool.source;
  const auto members = json::scan_object(arguments);
  if (!members) return tool.source;
  const auto value =
      json::Document::parse(std::string(json::find_member(*members, tool.scope_argument)));
  return value && value->root().is_string() ? std::string(value->root().string()) : tool.source;
}

execlog::OpenInfo open_info(const call::CallContext& context, std::string_view tool,
                            std::string_view arguments) {
  const call::Caller& caller = context.caller;
  execlog::OpenInfo info;
  info.tool_name = tool;
  if (context.tool) info.scope = scope_of(*context.tool, arguments);
  info.request.jsonrpc_id = request_id(caller.request_id);
  info.request.protocol_version = caller.protocol_version;
  info.request.session_id = caller.session_id;
  info.request.transport = execlog::from_text<execlog::Transport>(caller.transport);
  info.request.client_name = caller.client_name;
  info.request.client_version = caller.client_version;
  info.request.client_address = caller.client_address;
  const bool anonymous = caller.principal == "anonymous";
  info.principal.kind =
      anonymous ? execlog::PrincipalKind::kAnonymous : execlog::PrincipalKind::kUser;
  info.principal.id = caller.principal;
  info.principal.issuer = caller.issuer;
  info.parent_id = context.parent_record_id;
  info.place = context.place;
  info.arguments = arguments;
  return info;
}

execlog::Status status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTimeout:
      return execlog::Status::kTimeout;
    case ErrorCode::kCancelled:
      return execlog::Status::kCancelled;
    case ErrorCode::kDenied:
      return execlog::Status::kDenied;
    default:
      return execlog::Status::kFailed;
  }
}

// What a tool says of its own failure: the first text item of the result.
std::string tool_error_text(const std::string& result) {
  constexpr std::size_t kWorthParsing = 256 * 1024;
  if (result.size() <= kWorthParsing) {
    if (const auto document = json::Document::parse(result)) {
      for (const json::Value item : document->root()["content"].elements()) {
        if (item["text"].is_string()) return std::string(item["text"].string());
      }
    }
  }
  return "the tool answered with an error";
}

// A script's record says how the script ended, which its result only tells in words.
void enter_script(execlog::Recording& recording, const call::ScriptFacts& script) {
  recording.set_script({.hash = script.hash,
                        .step_count = static_cast<std::int64_t>(script.steps),
                        .tool_count = script.tool_count,
                        .parallel_used = script.parallel_used,
                        .calls_saved = static_cast<std::int64_t>(script.calls_saved),
                        .bytes_kept = static_cast<std::int64_t>(script.bytes_kept)});
  if (script.error_type.empty()) return;
  execlog::Failure failure{.error = script.error,
                           .error_type = script.error_type,
                           .error_code = script.error_type,
                           .stage = script.compiled ? execlog::FailureStage::kScriptRun
                                                    : execlog::FailureStage::kScriptCompile};
  if (script.error_type == "timeout") failure.status = execlog::Status::kTimeout;
  if (script.error_type == "cancelled") failure.status = execlog::Status::kCancelled;
  recording.fail(std::move(failure));
}

void close(execlog::Recording& recording, const call::CallContext& context,
           const call::CallReply& reply) {
  if (context.script) enter_script(recording, *context.script);
  if (recording.is_decided()) {  // by a leaf or a step that knows more
    if (reply) {
      recording.set_result({.is_error = reply->is_error,
                            .size_bytes = static_cast<std::int64_t>(reply->json.size())});
    }
    return;
  }
  if (!reply) {
    const call::CallError& error = reply.error();
    recording.fail(
        {.status = status_of(error.code),
         .error = error.message,
         .error_type = error.rpc_code != 0 ? "protocol_error" : std::string(to_string(error.code)),
         .error_code = error.rpc_code != 0 ? std::to_string(error.rpc_code)
                                           : std::string(to_string(error.code)),
         .stage = error.stage});
    return;
  }
  recording.set_result(
      {.is_error = reply->is_error, .size_bytes = static_cast<std::int64_t>(reply->json.size())});
  if (reply->is_error) {
    recording.fail({.error = tool_error_text(reply->json),
                    .error_type = "tool_error",
                    .error_code = "tool_error",
                    .stage = execlog::FailureStage::kBackendCall});
  } else {
    recording.succeed();
  }
}

// Shows the external calls of a record to an observer on every way out.
class Observation {
 public:
  Observation(const execlog::Recording& recording, const RecordedTools::ObserveApiCall& observe)
      : recording_(recording), observe_(observe) {}
  ~Observation() {
    if (!observe_) return;
    for (const execlog::ApiCall& each : recording_.record().api_calls) observe_(each);
  }
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;

 private:
  const execlog::Recording& recording_;
  const RecordedTools::ObserveApiCall& observe_;
};

}  // namespace

Async<call::CallReply> RecordedTools::call(call::CallContext& context, std::string_view tool,
                                           std::string_view arguments) {
  if (!log_.ready()) co_await log_.wait_until_ready();
  execlog::Recording recording(log_, open_info(context, tool, arguments));
  const Observation observation(recording, observe_);
  context.record = &recording;
  context.record_id = recording.tool_call_id();
  try {
    call::CallReply reply = co_await next_.call(context, tool, arguments);
    close(recording, context, reply);
    if (context.wants_execution_log) {
      context.execution_log = execlog::to_json(recording.record(), execlog::View::kResponse);
    }
    context.record = nullptr;
    co_return reply;
  } catch (const boost::system::system_error& error) {
    // What a cancelled coroutine throws. Other exceptions close the recording as failed by
    // themselves.
    if (error.code() == asio::error::operation_aborted) {
      close(recording, context,
            call::call_fail(ErrorCode::kCancelled, call::FailureStage::kCancelled,
                            "the caller gave up, or the gateway is stopping"));
    }
    throw;
  }
}

}  // namespace larkspur::gateway
