#include "call/client_input.h"

#include "json/value.h"
#include "json/writer.h"

namespace larkspur::call {

namespace {

constexpr int kMethodNotFound = -32601;

// The three that servers may call upon. roots/list has no more to say than that it is there:
// listChanged is about one hop.
std::string callable_capabilities(std::string_view capabilities) {
  if (capabilities.empty() || capabilities == "{}") return {};  // of most clients
  const auto document = json::Document::parse(std::string(capabilities));
  if (!document) return {};
  json::Writer out;
  out.begin_object();
  for (const std::string_view name : {"elicitation", "sampling"}) {
    const json::Value value = document->root()[name];
    if (value.is_object()) out.key(name).raw(value.raw());
  }
  if (document->root()["roots"].is_object()) out.key("roots").raw("{}");
  out.end_object();
  return out.text() == "{}" ? std::string() : out.take();
}

// What the client has to have declared for this request, as a raw object; "" for a request that
// nobody may make.
std::string required_capability(std::string_view method, const json::Value& params) {
  if (method == "roots/list") return R"({"roots":{}})";
  if (method == "sampling/createMessage") {
    return params["tools"].exists() ? R"({"sampling":{"tools":{}}})" : R"({"sampling":{}})";
  }
  if (method != "elicitation/create") return {};
  return params["mode"].string() == "url" ? R"({"elicitation":{"url":{}}})"
                                          : R"({"elicitation":{}})";
}

// Whether `has` has every member of `required`, all the way down.
bool covers(const json::Value& has, const json::Value& required) {
  for (const auto [key, value] : required.members()) {
    if (!has[key].is_object() || !covers(has[key], value)) return false;
  }
  return true;
}

class Waiting {
 public:
  Waiting(int& count, SteadyClock::time_point& since, SteadyClock::duration& waited)
      : count_(count), since_(since), waited_(waited) {
    if (count_++ == 0) since_ = SteadyClock::now();
  }
  ~Waiting() {
    if (--count_ == 0) waited_ += SteadyClock::now() - since_;
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  int& count_;
  SteadyClock::time_point& since_;
  SteadyClock::duration& waited_;
};

}  // namespace

ClientInput::ClientInput(std::string_view capabilities)
    : capabilities_(callable_capabilities(capabilities)) {}

Async<InputReply> ClientInput::ask(std::string method, std::string params) {
  const auto declared = json::Document::parse(capabilities_.empty() ? "{}" : capabilities_);
  const auto wanted = json::Document::parse(params.empty() ? "{}" : params);
  const std::string required =
      declared && wanted ? required_capability(method, wanted->root()) : std::string();
  if (required.empty()) {
    co_return std::unexpected(CallError{ErrorCode::kUnsupported,
                                        "clients cannot be asked for " + method,
                                        FailureStage::kInternal,
                                        kMethodNotFound,
                                        {}});
  }
  if (!covers(declared->root(), json::Document::parse(required)->root())) {
    missing_ = required;
    co_return std::unexpected(
        CallError{ErrorCode::kUnsupported,
                  "the client does not offer what " + method + " needs: " + required,
                  FailureStage::kInternal,
                  kMethodNotFound,
                  {}});
  }
  const Waiting waiting(waiting_, since_, waited_);
  co_return co_await send(std::move(method), std::move(params));
}

SteadyClock::time_point ClientInput::until(SteadyClock::time_point deadline) const {
  constexpr auto kNever = SteadyClock::time_point::max();
  return waiting_ > 0 || deadline == kNever ? kNever : deadline + waited_;
}

Async<InputReply> NoInput::send(std::string, std::string) {
  co_return std::unexpected(
      CallError{ErrorCode::kUnsupported, "nobody can be asked", FailureStage::kInternal, 0, {}});
}

}  // namespace larkspur::call
