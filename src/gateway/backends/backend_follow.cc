// A call that its backend performs as a task, followed to its end: the backend is asked how it goes
// as often as it wants to be asked, what it asks on the way is answered, and its result is the
// call's own. A call that is given up is cancelled there, too.
#include <boost/asio/error.hpp>
#include <set>

#include "call/client_input.h"
#include "call/task_holder.h"
#include "execlog/recording.h"
#include "gateway/backends/backend.h"
#include "gateway/backends/backend_task.h"
#include "gateway/clients/input_rounds.h"
#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"
#include "mcp/client/incoming.h"

namespace larkspur::gateway {

namespace {

using std::chrono::seconds;

constexpr seconds kPatience{30};       // for one question about the task
constexpr seconds kCancelPatience{5};  // the caller has left, or waits for its own answer
constexpr int kMaxFailures = 5;        // questions in a row that the backend does not answer

// Nobody answered, which says nothing of the task.
bool may_pass(const call::CallError& error) {
  return error.rpc_code == 0 &&
         (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kClosed ||
          error.code == ErrorCode::kTimeout);
}

}  // namespace

class Backend::Task {
 public:
  Task(Backend& backend, call::CallContext& context, const Request& call, BackendTaskState state)
      : backend_(backend),
        context_(context),
        call_(call),
        modern_(context.backend_revision >= mcp::kModernVersion),
        state_(std::move(state)),
        until_(context.task != nullptr ? SteadyClock::now() + context.task->ttl()
                                       : context.deadline) {
    // How it was created is the past: what counts is what tasks/get says.
    state_.status = TaskStatus::kWorking;
  }

  // False while the backend may still be at work on it.
  bool over() const { return over_; }

  Async<call::CallReply> result() {
    if (context_.task != nullptr) context_.task->started(state_.news);
    for (;;) {
      if (auto failed = co_await watch()) co_return *std::move(failed);
      if (modern_) co_return modern_result();
      // A legacy server asks for its input on the stream of this request, and ends it with the
      // task.
      call::CallReply reply = co_await ask("tasks/result", until_, true);
      if (!reply && may_pass(reply.error()) && SteadyClock::now() < until_) {
        state_.status = TaskStatus::kWorking;
        continue;
      }
      over_ = reply || reply.error().rpc_code != 0;
      if (reply) reply->json = without_related_task(std::move(reply->json));
      co_return reply;
    }
  }

  Async<void> cancel() {
    const auto reply = co_await ask("tasks/cancel", SteadyClock::now() + kCancelPatience, true);
    over_ = reply.has_value();
  }

 private:
  // Returns when the task has ended or, in the legacy era, when it needs input; what went wrong
  // otherwise. All that is asked meanwhile is one entry in the record.
  Async<std::optional<call::CallReply>> watch() {
    std::unique_ptr<execlog::ApiCallTimer> entry;
    if (context_.record != nullptr) {
      execlog::ApiCall polls;
      polls.api = "tasks/get";
      polls.details = execlog::McpCall{.backend = backend_.facts_.name,
                                       .mcp_method = "tasks/get",
                                       .tool = call_.tool,
                                       .transport = backend_.facts_.transport};
      polls.span_id = context_.trace.span_id_hex();
      entry = std::make_unique<execlog::ApiCallTimer>(*context_.record, std::move(polls));
    }
    polls_ = 0;
    auto failed = co_await watch_on();
    if (!failed && state_.status == TaskStatus::kCancelled) failed = cancelled_there();
    if (entry) {
      entry->call.attempts = polls_;
      if (failed) entry->call.error = failed->error().message;
      entry->finish(failed ? execlog::ApiStatus::kFailed : execlog::ApiStatus::kSuccess);
    }
    co_return failed;
  }

  Async<std::optional<call::CallReply>> watch_on() {
    Timer timer(co_await asio::this_coro::executor);
    int failures = 0;
    while (!has_ended(state_.status)) {
      if (state_.status == TaskStatus::kInputRequired) {
        if (!modern_) co_return std::nullopt;
        if (auto failed = co_await answer_questions()) co_return failed;
      }
      timer.expires_at(std::min(input_until(), SteadyClock::now() + state_.news.poll_interval));
      co_await timer.async_wait(kAwait);
      if (SteadyClock::now() >= input_until()) co_return out_of_time();
      call::CallReply reply = co_await ask("tasks/get", SteadyClock::now() + kPatience, false);
      ++polls_;
      if (!reply) {
        if (may_pass(reply.error()) && ++failures < kMaxFailures) continue;
        co_return lost(reply.error());
      }
      failures = 0;
      auto state = read_task(reply->json);
      if (!state || state->id != state_.id) {
        co_return wrong("its tasks/get says neither the task's id nor a status");
      }
      state_ = *std::move(state);
      said_ = std::move(reply->json);
      if (context_.task != nullptr) context_.task->heard(state_.news);
    }
    over_ = true;
    co_return std::nullopt;
  }

  // What is new among its questions; nullopt when the backend has the answers.
  Async<std::optional<call::CallReply>> answer_questions() {
    auto asked = read_input_required(said_);
    if (!asked) co_return wrong(asked.error().message);
    std::erase_if(asked->questions, [this](const InputRequired::Question& question) {
      return answered_.contains(question.key);
    });
    if (asked->questions.empty()) co_return std::nullopt;  // it has not taken note of them yet
    if (!context_.input) co_return wrong("it needs input, and nobody can be asked");
    for (const auto& question : asked->questions) answered_.insert(question.key);
    auto answers = co_await answer_all(context_.input, std::move(asked->questions));
    if (!answers) co_return call::CallReply(std::unexpected(std::move(answers.error())));
    const auto took =
        co_await ask("tasks/update", SteadyClock::now() + kPatience, true, std::move(*answers));
    if (!took) co_return call::CallReply(std::unexpected(took.error()));
    co_return std::nullopt;
  }

  call::CallReply modern_result() {
    const auto members = json::scan_object(said_);
    const std::string_view result = members ? json::find_member(*members, "result") : "";
    if (state_.status == TaskStatus::kCompleted && result.starts_with('{')) {
      std::string json = without_related_task(mcp::without_member(result, "resultType"));
      const auto own = json::split_object(json);
      const bool is_error = own && json::find_member(*own, "isError") == "true";
      return call::CallResult{std::move(json), is_error};
    }
    const auto error = json::Document::parse(
        std::string(members ? json::find_member(*members, "error") : std::string_view()));
    if (state_.status == TaskStatus::kFailed && error && error->root()["code"].integer()) {
      const json::Value root = error->root();
      return std::unexpected(call::CallError{
          ErrorCode::kInvalidArgument, std::string(root["message"].string()),
          call::FailureStage::kBackendCall, static_cast<int>(*root["code"].integer()),
          std::string(root["data"].raw())});
    }
    return *wrong("its task has ended, but with neither a result nor an error");
  }

  Async<call::CallReply> ask(std::string method, SteadyClock::time_point deadline, bool recorded,
                             std::string answers = {}) {
    json::Writer params;
    params.begin_object().key("taskId").string(state_.id);
    if (!answers.empty()) params.key("inputResponses").raw(answers);
    params.end_object();
    Request request{std::move(method), params.take(), state_.id, call_.tool, {}};
    request.as_task = modern_;  // whoever asks has to say that it knows tasks
    request.recorded = recorded;
    request.deadline = deadline;
    std::string text = request.params;
    Answer answer = Answer::kResult;
    call::CallReply reply = co_await backend_.round(context_, request, std::move(text), answer);
    if (reply && answer != Answer::kResult)
      co_return *wrong("its answer to " + request.method + " is none");
    co_return reply;
  }

  SteadyClock::time_point input_until() const {
    return context_.input ? context_.input->until(until_) : until_;
  }

  std::string ours(std::string_view what) const {
    return "backend '" + backend_.facts_.name + "': " + std::string(what);
  }
  std::optional<call::CallReply> wrong(std::string_view what) const {
    return call::call_fail(ErrorCode::kProtocol, call::FailureStage::kDecodeResponse, ours(what));
  }
  std::optional<call::CallReply> out_of_time() const {
    return call::call_fail(ErrorCode::kTimeout, call::FailureStage::kTimeout,
                           ours("the task took longer than it may"));
  }
  std::optional<call::CallReply> cancelled_there() const {
    return call::call_fail(
        ErrorCode::kCancelled, call::FailureStage::kBackendCall,
        ours("it cancelled the task" +
             (state_.news.message.empty() ? std::string() : ": " + state_.news.message)));
  }
  // The server was restarted, or its session has ended: its tasks have gone with it.
  std::optional<call::CallReply> lost(const call::CallError& error) {
    over_ = true;
    return call::call_fail(ErrorCode::kUnavailable, call::FailureStage::kBackendCall,
                           ours("the task is lost: " + error.message));
  }

  Backend& backend_;
  call::CallContext& context_;
  const Request& call_;
  bool modern_;
  BackendTaskState state_;
  std::string said_;  // the last answer to tasks/get
  SteadyClock::time_point until_;
  std::set<std::string> answered_;
  int polls_ = 0;
  bool over_ = false;
};

Async<call::CallReply> Backend::follow(call::CallContext& context, const Request& request,
                                       std::string created) {
  auto state = read_created_task(created);
  if (!state) {
    co_return call::call_fail(
        ErrorCode::kProtocol, call::FailureStage::kDecodeResponse,
        "backend '" + facts_.name + "': its task has neither an id nor a status that is known");
  }
  Task task(*this, context, request, *std::move(state));
  call::CallReply reply;
  std::exception_ptr abandoned;
  try {
    reply = co_await task.result();
  } catch (...) {
    abandoned = std::current_exception();
  }
  if (!task.over()) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await task.cancel();
  }
  if (abandoned) std::rethrow_exception(abandoned);
  co_return reply;
}

}  // namespace larkspur::gateway
