#include "gateway/clients/input_rounds.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/text.h"
#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::gateway {

namespace {

using namespace asio::experimental::awaitable_operators;  // NOLINT: operator&&

bool may_be_asked(std::string_view method) {
  return method == "elicitation/create" || method == "sampling/createMessage" ||
         method == "roots/list";
}

using Answers = std::expected<std::vector<std::string>, call::CallError>;

// The questions from the `first` on, all at once.
Async<Answers> answer_from(std::shared_ptr<call::ClientInput> input,
                           const std::vector<InputRequired::Question>& questions,
                           std::size_t first) {
  if (first == questions.size()) co_return Answers();
  const InputRequired::Question& question = questions[first];
  auto [reply, rest] = co_await (input->ask(question.method, question.params) &&
                                 answer_from(input, questions, first + 1));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  if (rest) rest->insert(rest->begin(), *std::move(reply));
  co_return std::move(rest);
}

}  // namespace

Result<InputRequired> read_input_required(const std::string& result) {
  const auto document = json::Document::parse(result);
  if (!document) return fail(ErrorCode::kProtocol, document.error().message);
  const json::Value root = document->root();
  InputRequired read;
  for (const auto [key, request] : root["inputRequests"].members()) {
    const std::string_view method = request["method"].string();
    if (!may_be_asked(method)) {
      return fail(ErrorCode::kProtocol, "it asks for '" + printable(truncate_utf8(method, 60)) +
                                            "', which is not one of elicitation/create, "
                                            "sampling/createMessage, roots/list");
    }
    const json::Value params = request["params"];
    read.questions.push_back({std::string(key), std::string(method),
                              params.is_object() ? std::string(params.raw()) : "{}"});
  }
  const json::Value state = root["requestState"];
  if (state.is_string()) read.state = state.string();
  if (read.questions.empty() && !read.state) {
    return fail(ErrorCode::kProtocol, "it needs input, but neither asks nor gives a state");
  }
  return read;
}

std::vector<InputRequired::Question> read_url_elicitations(const std::string& data) {
  std::vector<InputRequired::Question> questions;
  const auto document = json::Document::parse(data);
  if (!document) return questions;
  for (const json::Value each : document->root()["elicitations"].elements()) {
    if (!each["url"].is_string()) continue;
    json::Writer params;
    params.begin_object();
    for (const auto [key, value] : each.members()) {
      if (key != "mode") params.key(key).raw(value.raw());
    }
    params.key("mode").string("url").end_object();
    questions.push_back(
        {"url-" + std::to_string(questions.size() + 1), "elicitation/create", params.take()});
  }
  return questions;
}

bool all_accepted(const std::string& answers) {
  const auto document = json::Document::parse(answers);
  if (!document) return false;
  for (const auto [key, answer] : document->root().members()) {
    if (answer["action"].string() != "accept") return false;
  }
  return true;
}

std::string with_state(const std::string& result, std::string_view state) {
  const auto members = json::scan_object(result);
  if (!members) return result;
  json::Writer out(result.size() + state.size());
  out.begin_object();
  for (const json::Member& member : *members) {
    if (member.key != "requestState") out.key(member.key).raw(member.raw);
  }
  out.key("requestState").string(state).end_object();
  return out.take();
}

std::string with_input(std::string_view params, std::string_view responses,
                       const std::optional<std::string>& state) {
  json::Writer out(params.size() + responses.size() + 64);
  out.begin_object();
  if (const auto members = json::scan_object(params)) {
    for (const json::Member& member : *members) {
      if (member.key != "inputResponses" && member.key != "requestState") {
        out.key(member.key).raw(member.raw);
      }
    }
  }
  if (!responses.empty()) out.key("inputResponses").raw(responses);
  if (state) out.key("requestState").string(*state);
  out.end_object();
  return out.take();
}

call::CallReply refused_state() {
  return std::unexpected(call::CallError{
      ErrorCode::kInvalidArgument,
      "params.requestState: not one that this server gave you for this request, or it has expired; "
      "send the request again without it",
      call::FailureStage::kInternal,
      -32602,
      {}});
}

Async<call::InputReply> answer_all(std::shared_ptr<call::ClientInput> input,
                                   std::vector<InputRequired::Question> questions) {
  const Answers answers = co_await answer_from(input, questions, 0);
  if (!answers) co_return std::unexpected(answers.error());
  json::Writer out;
  out.begin_object();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    out.key(questions[i].key).raw((*answers)[i]);
  }
  out.end_object();
  co_return out.take();
}

}  // namespace larkspur::gateway
