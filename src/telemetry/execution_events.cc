#include "telemetry/execution_events.h"

#include <fmt/format.h>
#include <opentelemetry/logs/logger.h>
#include <opentelemetry/logs/severity.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "call/trace_context.h"
#include "execlog/export.h"
#include "execlog/json_form.h"

namespace larkspur::telemetry {

namespace otel = opentelemetry;

namespace {

constexpr std::string_view kEvent = "mcp.tool.execution";

otel::nostd::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

void set_trace(otel::logs::LogRecord& out, const execlog::Record& record) {
  const auto trace = call::TraceContext::parse(
      fmt::format("00-{}-{}-00", record.trace_id.view(), record.span_id.view()));
  if (!trace) return;
  out.SetTraceId(
      otel::trace::TraceId(otel::nostd::span<const std::uint8_t, 16>(trace->trace_id.data(), 16)));
  out.SetSpanId(
      otel::trace::SpanId(otel::nostd::span<const std::uint8_t, 8>(trace->span_id.data(), 8)));
}

constexpr std::string_view kOther = "_OTHER";  // as in metrics: a name that nobody has

// Telemetry says how a call ended and never in whose words: what scripts and tools say, and the
// names that callers invent, stay in the log, with its own rules of who may read them.
void drop_words(execlog::Record& record) {
  if (record.error) record.error = record.metadata ? record.metadata->error_type : std::string();
  record.messages.clear();
  record.warnings.clear();
  if (record.metadata) {
    record.metadata->caused_by.clear();
    record.metadata->further.clear();
    if (record.metadata->error_code == to_string(ErrorCode::kNotFound)) {
      if (record.tool_call_id.starts_with(record.tool_name)) {
        record.tool_call_id.replace(0, record.tool_name.size(), kOther);
      }
      record.tool_name = kOther;
    }
  }
  for (execlog::ApiCall& call : record.api_calls) {
    call.error.clear();
    if (auto* kubectl = std::get_if<execlog::KubectlCall>(&call.details)) kubectl->command.clear();
  }
}

void emit(otel::logs::Logger& logger, execlog::Record& record) {
  drop_words(record);
  auto out = logger.CreateLogRecord();
  if (!out) return;
  const std::string body = execlog::to_json(record, execlog::View::kAudit);
  const auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out->SetAttribute(view(name), view(value));
  };
  // OpenTelemetry numbers severities as execlog::severity_of does.
  out->SetSeverity(static_cast<otel::logs::Severity>(execlog::severity_of(record)));
  out->SetTimestamp(std::chrono::system_clock::time_point(
      std::chrono::milliseconds(record.end_time.value_or(record.start_time))));
  out->SetEventId(0, view(kEvent));
  out->SetBody(view(body));
  text("event.name", kEvent);
  text("gen_ai.tool.name", record.tool_name);
  text("execution_log.tool_call_id", record.tool_call_id);
  text("execution_log.status", to_string(record.status));
  if (record.metadata) {
    text("error.type", record.metadata->error_type);
    text("execution_log.failure_stage", to_string(record.metadata->failure_stage));
    text("execution_log.error_code", record.metadata->error_code);
  }
  set_trace(*out, record);
  logger.EmitLogRecord(std::move(out));
}

}  // namespace

ExecutionEvents::ExecutionEvents(otel::logs::Logger& logger, std::size_t capacity)
    : logger_(logger), capacity_(capacity), thread_([this] { run(); }) {}

ExecutionEvents::~ExecutionEvents() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ExecutionEvents::push(execlog::Record record) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= capacity_) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    queue_.push_back(std::move(record));
    if (queue_.size() > 1) return;  // it is awake, or about to be
  }
  changed_.notify_all();
}

void ExecutionEvents::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

void ExecutionEvents::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !queue_.empty() || stopping_; });
    if (queue_.empty()) return;
    std::deque<execlog::Record> taken = std::exchange(queue_, {});
    busy_ = true;
    lock.unlock();
    for (execlog::Record& record : taken) emit(logger_, record);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace larkspur::telemetry
