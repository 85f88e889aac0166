// The rounds of a request that needs input (mcp 2026-07-28 multi round-trip requests): what a
// modern backend asks for, and the request once more with the answers.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "call/client_input.h"

namespace larkspur::gateway {

inline constexpr int kMaxInputRounds = 10;  // a backend that asks on is refused

struct InputRequired {
  struct Question {
    std::string key;
    std::string method;
    std::string params;  // a raw object
  };
  std::vector<Question> questions;
  std::optional<std::string> state;  // to be given back as it is
};

// kProtocol, naming what is wrong, where `result` is no input_required result that a client may be
// shown: nothing asked and no state, or a method that is not elicitation, sampling or roots.
Result<InputRequired> read_input_required(const std::string& result);

// What a legacy server wants done first: the elicitations of error -32042 (mcp 2025-11-25
// client/elicitation, URLElicitationRequiredError), from its data. Empty where there are none.
std::vector<InputRequired::Question> read_url_elicitations(const std::string& data);
// Whether {"key":result,...} accepts all of them.
bool all_accepted(const std::string& answers);

// The same result with another requestState.
std::string with_state(const std::string& result, std::string_view state);

// The request's params with the answers of this round; "" and nullopt leave them out.
std::string with_input(std::string_view params, std::string_view responses,
                       const std::optional<std::string>& state);

// The reply to a requestState that is not ours to take.
call::CallReply refused_state();

// Asks the client all questions at once: {"key":result,...}, or the error of the first that has no
// answer. Cancelled, it leaves no question behind.
Async<call::InputReply> answer_all(std::shared_ptr<call::ClientInput> input,
                                   std::vector<InputRequired::Question> questions);

}  // namespace larkspur::gateway
