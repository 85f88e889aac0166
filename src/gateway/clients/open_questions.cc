#include "gateway/clients/open_questions.h"

#include <utility>

#include "json/scan.h"

namespace larkspur::gateway {

namespace {

constexpr auto kNever = SteadyClock::time_point::max();

call::CallError gone(ErrorCode code, std::string message) {
  return {code, std::move(message), call::FailureStage::kInternal, 0, {}};
}

// A legacy server's request as a modern client knows it: members of the legacy hop are taken out.
std::string modern_params(std::string_view params) {
  const auto members = json::scan_object(params);
  if (!members) return "{}";
  json::Writer out;
  out.begin_object();
  for (const json::Member& member : *members) {
    if (member.key != "_meta" && member.key != "elicitationId" && member.key != "task") {
      out.key(member.key).raw(member.raw);
    }
  }
  out.end_object();
  return out.take();
}

// Keeps the count of open questions, whichever way one ends.
struct Counted {
  explicit Counted(std::atomic<std::size_t>& of) : count(of) { ++count; }
  ~Counted() { --count; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  std::atomic<std::size_t>& count;
};

}  // namespace

struct OpenQuestions::Withdraw {
  Questions& questions;
  const std::string& key;
  ~Withdraw() { questions.erase(key); }
};

void OpenQuestions::write(json::Writer& out) const {
  out.begin_object();
  for (const auto& [key, question] : questions_) {
    out.key(key).begin_object().key("method").string(question->method);
    out.key("params").raw(modern_params(question->params)).end_object();
  }
  out.end_object();
}

void OpenQuestions::settle(Questions::iterator question, call::InputReply reply) {
  question->second->reply = std::move(reply);
  question->second->answered.cancel();
  questions_.erase(question);
}

void OpenQuestions::answer(const json::Value& answers) {
  for (const auto [key, value] : answers.members()) {
    const auto found = questions_.find(key);
    if (found != questions_.end() && value.is_object()) settle(found, std::string(value.raw()));
  }
}

std::optional<OpenQuestions::Question> OpenQuestions::take(const std::shared_ptr<int>& taker) {
  for (const auto& [key, question] : questions_) {
    if (!question->taker.expired()) continue;
    question->taker = taker;
    return Question{key, question->method, question->params};
  }
  return std::nullopt;
}

void OpenQuestions::answer(const std::string& key, call::InputReply reply) {
  const auto found = questions_.find(key);
  if (found != questions_.end()) settle(found, std::move(reply));
}

void OpenQuestions::close() {
  closed_ = true;
  while (!questions_.empty()) {
    settle(questions_.begin(), std::unexpected(gone(ErrorCode::kCancelled, "the call has ended")));
  }
}

Async<call::InputReply> OpenQuestions::send(std::string method, std::string params) {
  if (closed_) co_return std::unexpected(gone(ErrorCode::kCancelled, "the call has ended"));
  if (count_->load() >= limit_) {
    co_return std::unexpected(gone(ErrorCode::kUnavailable, "too many calls wait for input"));
  }
  const Counted counted(*count_);
  const auto question = std::make_shared<Open>(std::move(method), std::move(params),
                                               Timer(co_await asio::this_coro::executor, kNever),
                                               std::weak_ptr<int>(), std::nullopt);
  const std::string key = "input-" + std::to_string(++asked_);
  questions_.emplace(key, question);
  const Withdraw withdraw{questions_, key};
  asked();
  while (!question->reply) co_await question->answered.async_wait(kAwaitTuple);
  co_return *std::move(question->reply);
}

}  // namespace larkspur::gateway
