// What a leaf may ask of the client that made the call: its user (elicitation), its model
// (sampling), its roots. In the legacy era the client is sent a request; a modern one gets an
// input_required result and answers with its next request, while the call waits.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/async.h"
#include "call/tool_source.h"

namespace larkspur::call {

using InputReply = std::expected<std::string, CallError>;  // the raw result object

// Shared by a call and the calls inside it; outlives them. On the call's loop.
class ClientInput {
 public:
  // `capabilities`: what the client says it can do, a raw object.
  explicit ClientInput(std::string_view capabilities);
  virtual ~ClientInput() = default;
  ClientInput(const ClientInput&) = delete;
  ClientInput& operator=(const ClientInput&) = delete;

  // Those of the client's capabilities that can be called upon (elicitation, sampling, roots), for
  // a backend to know; a raw object, "" for none.
  const std::string& capabilities() const { return capabilities_; }

  // elicitation/create, sampling/createMessage or roots/list; `params` is a raw object. The answer
  // may take as long as people need. kUnsupported where the client has not declared that it can.
  Async<InputReply> ask(std::string method, std::string params);

  // When something that has until `deadline` has to end: time that the client took does not count.
  SteadyClock::time_point until(SteadyClock::time_point deadline) const;

  // The capability that was asked for in vain, as a raw object ({"sampling":{}}); "" for none.
  const std::string& missing() const { return missing_; }

 private:
  virtual Async<InputReply> send(std::string method, std::string params) = 0;

  std::string capabilities_;
  std::string missing_;
  int waiting_ = 0;
  SteadyClock::time_point since_;  // when the waiting began
  SteadyClock::duration waited_{};
};

// A client that nobody can ask.
class NoInput final : public ClientInput {
 public:
  using ClientInput::ClientInput;

 private:
  Async<InputReply> send(std::string method, std::string params) override;
};

}  // namespace larkspur::call
