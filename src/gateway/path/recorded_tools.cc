#include "gateway/path/recorded_tools.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>

#include "call/content_source.h"
#include "execlog/form/json_form.h"
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
  if (context.content) info.scope = context.content->source;
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
  if (context.parent != nullptr) info.ordinal = context.call_index;
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

std::int64_t count(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

execlog::ScriptInfo script_info(const call::ScriptFacts& script) {
  return {.hash = script.hash,
          .step_count = count(script.steps),
          .tool_count = script.tool_count,
          .parallel_used = script.parallel_used,
          .calls_saved = count(script.calls_saved),
          .bytes_kept = count(script.bytes_kept),
          .tools_digest = script.tools ? script.tools->digest : "",
          .machine_version = LARKSPUR_VERSION,
          .step_limit = count(script.limits.steps),
          .memory_limit_bytes = count(script.limits.memory_bytes),
          .depth_limit = script.limits.depth,
          .call_limit = script.limits.calls,
          .parallel_limit = script.limits.parallel,
          .print_limit_bytes = count(script.limits.print_bytes),
          .output_limit_bytes = count(script.limits.output_bytes),
          .clock_ms = script.limits.clock_ms};
}

// A script's record says how the script ended, which its result only tells in words.
void decide(execlog::Recording& recording, const call::ScriptFacts& script) {
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

void decide(execlog::Recording& recording, const call::CallError& error) {
  const bool protocol = error.rpc_code != 0;
  recording.fail(
      {.status = status_of(error.code),
       .error = error.message,
       .error_type = protocol ? "protocol_error" : std::string(to_string(error.code)),
       .error_code = protocol ? std::to_string(error.rpc_code) : std::string(to_string(error.code)),
       .stage = error.stage});
}

// Whoever knew more has decided already: the first outcome stands.
void decide(execlog::Recording& recording, const call::CallContext& context,
            const call::CallReply& reply) {
  if (context.script) decide(recording, *context.script);
  if (!reply) {
    decide(recording, reply.error());
  } else if (reply->is_error) {
    recording.fail({.error = tool_error_text(reply->json),
                    .error_type = "tool_error",
                    .error_code = "tool_error",
                    .stage = execlog::FailureStage::kBackendCall});
  } else {
    recording.succeed();
  }
}

// In pieces, between which others on this loop come to their turn: 100 MB take 50 ms.
Async<std::string> digest_of(const execlog::Digester& digester, std::string_view bytes) {
  constexpr std::size_t kPiece = 256 * 1024;
  execlog::Digester::Running digest = digester.begin();
  for (; bytes.size() > kPiece; bytes.remove_prefix(kPiece)) {
    digest.add(bytes.substr(0, kPiece));
    co_await asio::post(co_await asio::this_coro::executor, kAwait);
  }
  digest.add(bytes);
  co_return digest.take();
}

// What is kept of one call's texts.
class Capturing {
 public:
  // `policy` null: nothing but sizes.
  Capturing(const execlog::CapturePolicy* policy, std::string_view tool, std::string_view principal)
      : policy_(policy),
        how_(policy != nullptr ? policy->of(tool, principal) : execlog::Capture::kNone) {}

  void take_arguments(execlog::Recording& recording, std::string_view arguments) const {
    digest(recording, execlog::ContentOf::kArguments, arguments);
    keep(recording, execlog::ContentOf::kArguments, arguments);
  }

  Async<void> take(execlog::Recording& recording, const call::CallResult& result) const {
    execlog::ResultInfo info{.is_error = result.is_error, .size_bytes = count(result.json.size())};
    const bool is_long = result.json.size() > execlog::kMaxDigestedLater;
    if (is_long && digests()) info.digest = co_await digest_of(*policy_->digester(), result.json);
    recording.set_result(std::move(info));
    if (!is_long) digest(recording, execlog::ContentOf::kResult, result.json);
    keep(recording, execlog::ContentOf::kResult, result.json);
  }

  void take(execlog::Recording& recording, const call::ScriptFacts& script) const {
    recording.set_script(script_info(script));
    digest(recording, execlog::ContentOf::kData, script.data);
    if (script.tools) keep(recording, execlog::ContentOf::kTools, script.tools->definitions);
  }

 private:
  bool digests() const { return how_ != execlog::Capture::kNone; }

  void digest(execlog::Recording& recording, execlog::ContentOf what, std::string_view text) const {
    if (digests() && !text.empty()) recording.digest(what, text, policy_->digester());
  }

  void keep(execlog::Recording& recording, execlog::ContentOf what, std::string_view text) const {
    if (how_ == execlog::Capture::kFull && !text.empty()) recording.keep(what, text);
  }

  const execlog::CapturePolicy* policy_;
  execlog::Capture how_;
};

// Shows the external calls of a record to an observer on every way out.
class Observation {
 public:
  Observation(const execlog::Recording& recording, const RecordedTools::ObserveApiCall& observe)
      : recording_(recording), observe_(observe) {}
  ~Observation() { tell(); }
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;

  // Before the recording is closed by hand: then there is nothing left to tell.
  void tell() const {
    if (!observe_) return;
    for (const execlog::ApiCall& each : recording_.record().api_calls) observe_(each);
  }

 private:
  const execlog::Recording& recording_;
  const RecordedTools::ObserveApiCall& observe_;
};

// A call that the log does not let in, or whose record it does not get: the caller is told so.
call::CallReply unrecorded(const Error& error) {
  return call::call_fail(error.code, call::FailureStage::kInternal, error.message);
}

}  // namespace

Async<call::CallReply> RecordedTools::call(call::CallContext& context, std::string_view tool,
                                           std::string_view arguments) {
  if (!log_.ready()) {
    if (const Result<void> admitted = co_await log_.admit(); !admitted) {
      co_return unrecorded(admitted.error());
    }
  }
  const Capturing capturing(capture_, tool, context.caller.principal);
  execlog::OpenInfo info = open_info(context, tool, arguments);
  info.request.arguments_size_bytes = count(arguments.size());
  execlog::Recording recording(log_, std::move(info));
  capturing.take_arguments(recording, arguments);
  const Observation observation(recording, observe_);
  context.record = &recording;
  context.record_id = recording.tool_call_id();
  // The client's trace finds the record also where nobody traces here; measure knows more.
  if (context.trace.valid()) {
    recording.set_trace(context.trace.trace_id_hex(), {}, context.trace.span_id_hex());
  }
  if (!log_.durable()) {
    recording.announce();
  } else if (const Result<void> announced = co_await recording.announce_durably(); !announced) {
    const call::CallReply refusal = unrecorded(announced.error());
    decide(recording, context, refusal);
    context.record = nullptr;
    co_return refusal;
  }
  try {
    call::CallReply reply = co_await next_.call(context, tool, arguments);
    if (context.script) capturing.take(recording, *context.script);
    decide(recording, context, reply);
    if (reply) co_await capturing.take(recording, *reply);
    if (context.ended != nullptr) {
      context.completed = ++*context.ended;
      recording.set_completed(context.completed);
    }
    if (context.wants_execution_log) {
      context.execution_log = execlog::to_json(recording.record(), execlog::View::kResponse);
    }
    context.record = nullptr;
    if (log_.durable()) {
      observation.tell();
      const Result<void> recorded = co_await recording.close_durably();
      if (!recorded) co_return unrecorded(recorded.error());
    }
    co_return reply;
  } catch (const boost::system::system_error& error) {
    // What a cancelled coroutine throws. Other exceptions close the recording as failed by
    // themselves.
    if (error.code() == asio::error::operation_aborted) {
      decide(recording, context,
             call::call_fail(ErrorCode::kCancelled, call::FailureStage::kCancelled,
                             "the caller gave up, or the gateway is stopping"));
    }
    throw;
  }
}

}  // namespace larkspur::gateway
