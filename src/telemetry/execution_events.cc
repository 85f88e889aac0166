#include "telemetry/execution_events.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "call/trace_context.h"
#include "execlog/form/export.h"
#include "execlog/form/json_form.h"
#include "telemetry/log_record.h"

namespace larkspur::telemetry {

namespace {

constexpr std::string_view kEvent = "mcp.tool.execution";

call::TraceContext trace_of(const execlog::Record& record) {
  const auto trace = call::TraceContext::parse(
      fmt::format("00-{}-{}-00", record.trace_id.view(), record.span_id.view()));
  return trace.value_or(call::TraceContext());
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

std::string log_record(execlog::Record& record) {
  drop_words(record);
  // OpenTelemetry numbers severities as execlog::severity_of does.
  LogRecord out(std::chrono::milliseconds(record.end_time.value_or(record.start_time)),
                static_cast<unsigned>(execlog::severity_of(record)),
                execlog::to_json(record, execlog::View::kAudit));
  const auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.set(name, value);
  };
  out.event(kEvent).in(trace_of(record));
  text("event.name", kEvent);
  text("gen_ai.tool.name", record.tool_name);
  text("execution_log.tool_call_id", record.tool_call_id);
  text("execution_log.status", to_string(record.status));
  if (record.metadata) {
    text("error.type", record.metadata->error_type);
    text("execution_log.failure_stage", to_string(record.metadata->failure_stage));
    text("execution_log.error_code", record.metadata->error_code);
  }
  return out.take();
}

}  // namespace

ExecutionEvents::ExecutionEvents(ExportQueue& to, std::size_t capacity)
    : to_(to), capacity_(capacity), thread_([this] { run(); }) {}

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
    for (execlog::Record& record : taken) to_.push(log_record(record));
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace larkspur::telemetry
