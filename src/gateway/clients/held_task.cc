#include "gateway/clients/held_task.h"

#include <utility>

#include "json/scan.h"

namespace larkspur::gateway {

namespace {

constexpr auto kNever = SteadyClock::time_point::max();

}  // namespace

HeldTask::HeldTask(const Executor& executor, Facts facts, std::string_view capabilities,
                   std::shared_ptr<std::atomic<std::size_t>> questions, std::size_t max_questions)
    : OpenQuestions(capabilities, std::move(questions), max_questions),
      changed(executor, kNever),
      expiry(executor, kNever),
      facts_(std::move(facts)),
      created_(wall_clock_ms()),
      updated_(created_) {}

TaskStatus HeldTask::status(mcp::Era era) const {
  if (cancelled_) return TaskStatus::kCancelled;
  if (!result_) return asks() ? TaskStatus::kInputRequired : TaskStatus::kWorking;
  if (!*result_) return TaskStatus::kFailed;
  // The modern era keeps "failed" for errors of the protocol.
  return is_error_ && era == mcp::Era::kLegacy ? TaskStatus::kFailed : TaskStatus::kCompleted;
}

mcp::RpcResult HeldTask::result() const {
  if (cancelled_) return mcp::rpc_fail(mcp::rpc::kInternalError, "the task was cancelled");
  return *result_;
}

void HeldTask::write_facts(json::Writer& out, mcp::Era era, TaskStatus status) const {
  const bool modern = era == mcp::Era::kModern;
  out.key("taskId").string(id).key("status").string(to_string(status));
  std::string_view message = result_ ? std::string_view() : news_.message;
  if (cancelled_) message = "The task was cancelled.";
  if (!cancelled_ && result_ && !*result_) message = result_->error().message;
  if (!message.empty()) out.key("statusMessage").string(message);
  out.key("createdAt").string(to_iso8601(created_));
  out.key("lastUpdatedAt").string(to_iso8601(updated_));
  out.key(modern ? "ttlMs" : "ttl").integer(facts_.ttl.count());
  out.key(modern ? "pollIntervalMs" : "pollInterval").integer(news_.poll_interval.count());
}

std::string HeldTask::created_result(mcp::Era era) const {
  json::Writer out;
  out.begin_object();
  if (era == mcp::Era::kModern) {
    out.key("resultType").string("task");
    write_facts(out, era, TaskStatus::kWorking);
  } else {
    out.key("task").begin_object();
    write_facts(out, era, TaskStatus::kWorking);
    out.end_object();
  }
  out.end_object();
  return out.take();
}

std::string HeldTask::state(mcp::Era era) const {
  const TaskStatus now = status(era);
  json::Writer out(256 + result_bytes());
  out.begin_object();
  write_facts(out, era, now);
  if (era == mcp::Era::kModern && now == TaskStatus::kInputRequired) {
    out.key("inputRequests");
    write(out);
  } else if (era == mcp::Era::kModern && now == TaskStatus::kCompleted) {
    out.key("result").raw(**result_);
  } else if (era == mcp::Era::kModern && now == TaskStatus::kFailed) {
    const mcp::RpcError& error = result_->error();
    out.key("error").begin_object().key("code").integer(error.code);
    out.key("message").string(error.message);
    if (!error.data.empty()) out.key("data").raw(error.data);
    out.end_object();
  }
  out.end_object();
  return out.take();
}

void HeldTask::touch() {
  updated_ = wall_clock_ms();
  changed.cancel();
  if (on_change) on_change();
}

void HeldTask::started(call::TaskNews news) {
  started_ = true;
  news_ = std::move(news);
  touch();
}

void HeldTask::heard(call::TaskNews news) {
  const bool says_more = news.message != news_.message;
  news_ = std::move(news);
  if (says_more) touch();
}

void HeldTask::end(mcp::RpcResult result) {
  messages_ = nullptr;
  close();
  if (result) {
    const auto members = json::split_object(*result);
    is_error_ = members && json::find_member(*members, "isError") == "true";
  }
  const bool was_over = ended();
  if (cancelled_) result = mcp::rpc_fail(mcp::rpc::kInternalError, "");  // nobody gets it any more
  result_ = std::move(result);
  changed.cancel();
  if (!was_over) touch();
}

void HeldTask::cancel() {
  if (ended()) return;
  cancelled_ = true;
  touch();
  stop.emit(asio::cancellation_type::terminal);
}

void HeldTask::drop_result() {
  result_ = mcp::rpc_fail(mcp::rpc::kInternalError,
                          "the task has ended, but its result was not kept: too many results wait "
                          "for their callers");
}

}  // namespace larkspur::gateway
