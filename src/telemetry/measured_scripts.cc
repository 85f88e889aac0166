#include "telemetry/measured_scripts.h"

#include <vector>

#include "base/clock.h"
#include "telemetry/error_type.h"
#include "telemetry/instruments.h"
#include "telemetry/labels.h"
#include "telemetry/span.h"

namespace larkspur::telemetry {

namespace {

using call::ScriptEnd;

// A limit that was reached says something about the script; everything else that fails may say
// something about us.
bool is_limit(ScriptEnd end) {
  switch (end) {
    case ScriptEnd::kTimeout:
    case ScriptEnd::kStepLimit:
    case ScriptEnd::kMemoryLimit:
    case ScriptEnd::kDepthLimit:
    case ScriptEnd::kCallLimit:
    case ScriptEnd::kOutputLimit:
      return true;
    default:
      return false;
  }
}

std::int64_t as_int(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace

class MeasuredScripts::Measurement {
 public:
  Measurement(MeasuredScripts& owner, call::CallContext& context,
              const call::ScriptRequest& request)
      : owner_(owner),
        context_(context),
        request_(request),
        outer_(context.trace),
        span_(owner.with_.tracer, {"execute_tool_script", ""}, SpanKind::kInternal, context.trace) {
    context.trace = span_.context();
    span_.set("script.hash", request.hash);
    if (owner_.log_ != nullptr) {
      owner_.log_->write(Level::kInfo, "script.start", identity(), span_.context());
    }
  }

  ~Measurement() { finish_without_outcome(ScriptEnd::kCancelled); }
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;

  void finish(const call::ScriptOutcome& outcome) {
    if (finished_) return;
    finished_ = true;
    const auto elapsed = stopwatch_.elapsed();
    finish_span(outcome);
    count(outcome, elapsed);
    if (owner_.log_ != nullptr) log_end(outcome, elapsed);
    context_.trace = outer_;
  }

  void finish_without_outcome(ScriptEnd end) {
    call::ScriptOutcome outcome;
    outcome.end = end;
    finish(outcome);
  }

 private:
  std::vector<Field> identity() const {
    const call::Caller& caller = context_.caller;
    const bool has_session = !caller.session_id.empty();
    return {{"tool_call_id", context_.record_id},
            {"script_hash", request_.hash},
            {"script_bytes", as_int(request_.source.size())},
            {has_session ? "session_id" : "request_id",
             has_session ? caller.session_id : caller.request_id},
            {"principal", caller.principal}};
  }

  void finish_span(const call::ScriptOutcome& outcome) {
    if (!span_.is_recording()) return span_.end();
    span_.set("script.status", call::script_status(outcome.end));
    span_.set("script.tool_count", as_int(outcome.calls.size()));
    span_.set("script.parallel_used", outcome.parallel_calls > 0);
    span_.set("script.step_count", as_int(outcome.steps));
    span_.set("script.peak_memory_bytes", as_int(outcome.peak_memory_bytes));
    span_.set("script.calls_saved", as_int(outcome.calls_saved()));
    span_.set("script.bytes_kept", as_int(outcome.bytes_kept()));
    if (outcome.end != ScriptEnd::kSuccess) {
      const std::string_view type = call::script_error_type(outcome.end);
      span_.exception(type, outcome.public_error);
      span_.fail(type);
    }
    span_.end();
  }

  void count(const call::ScriptOutcome& outcome, std::chrono::nanoseconds elapsed) {
    const Instruments& to = *owner_.with_.instruments;
    const std::string_view status = call::script_status(outcome.end);
    to.script_executions.add(
        1, Labels().add("status", status).add("error.type", call::script_error_type(outcome.end)));
    to.script_duration.record(seconds(elapsed), Labels().add("status", status));
    to.script_tool_calls.record(static_cast<double>(outcome.calls.size()),
                                Labels().add("status", status));
    if (outcome.parallel_tasks > 0) to.script_parallel_tasks.add(outcome.parallel_tasks);
    if (outcome.bytes_kept() > 0) to.script_bytes_kept.add(outcome.bytes_kept());
    if (outcome.calls_saved() > 0) to.script_calls_saved.add(outcome.calls_saved());
  }

  void log_end(const call::ScriptOutcome& outcome, std::chrono::nanoseconds elapsed) {
    std::vector<Field> fields = identity();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
    fields.push_back({"status", call::script_status(outcome.end)});
    fields.push_back({"duration_ms", std::int64_t{ms}});
    fields.push_back({"tool_call_count", as_int(outcome.calls.size())});
    fields.push_back({"step_count", as_int(outcome.steps)});
    fields.push_back({"peak_memory_bytes", as_int(outcome.peak_memory_bytes)});
    fields.push_back({"parallel_tasks", as_int(outcome.parallel_tasks)});
    fields.push_back({"calls_saved", as_int(outcome.calls_saved())});
    fields.push_back({"bytes_kept", as_int(outcome.bytes_kept())});
    if (outcome.end == ScriptEnd::kSuccess) {
      owner_.log_->write(Level::kInfo, "script.complete", fields, span_.context());
      return;
    }
    fields.push_back({"error_type", call::script_error_type(outcome.end)});
    fields.push_back({"error", outcome.public_error});
    if (outcome.line > 0) {
      fields.push_back({"line", as_int(outcome.line)});
      fields.push_back({"column", as_int(outcome.column)});
    }
    const Level level = is_limit(outcome.end) ? Level::kWarn : Level::kError;
    owner_.log_->write(level, "script.error", fields, span_.context());
  }

  MeasuredScripts& owner_;
  call::CallContext& context_;
  const call::ScriptRequest& request_;
  const call::TraceContext outer_;
  Stopwatch stopwatch_;
  Span span_;
  bool finished_ = false;
};

Async<call::ScriptOutcome> MeasuredScripts::run(call::CallContext& context,
                                                const call::ScriptRequest& request) {
  Measurement measurement(*this, context, request);
  try {
    call::ScriptOutcome outcome = co_await next_.run(context, request);
    measurement.finish(outcome);
    co_return outcome;
  } catch (...) {
    const bool cancelled = error_type(std::current_exception()) == "cancelled";
    measurement.finish_without_outcome(cancelled ? ScriptEnd::kCancelled : ScriptEnd::kInternal);
    throw;
  }
}

}  // namespace larkspur::telemetry
