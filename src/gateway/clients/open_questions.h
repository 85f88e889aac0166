// What a call asks of a client that takes no requests while the call runs: each question stays open
// until an answer comes with some later request, or until the call ends.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "call/client_input.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::gateway {

// Everything happens on the loop of the call.
class OpenQuestions : public call::ClientInput {
 public:
  // `count`: how many are open, of all calls that share it; one more than `limit` is refused.
  OpenQuestions(std::string_view capabilities, std::shared_ptr<std::atomic<std::size_t>> count,
                std::size_t limit)
      : ClientInput(capabilities), count_(std::move(count)), limit_(limit) {}

  bool asks() const { return !questions_.empty(); }

  // {"input-1":{"method":...,"params":...},...} in the words of the modern era.
  void write(json::Writer& out) const;
  // {"input-1":result,...}: what is no answer leaves its question open, unknown keys are ignored.
  void answer(const json::Value& answers);

  // For a client that is sent its questions as requests: the next one that nobody has taken. It is
  // the taker's as long as `taker` lives, and everybody's again afterwards.
  struct Question {
    std::string key;
    std::string method;
    std::string params;
  };
  std::optional<Question> take(const std::shared_ptr<int>& taker);
  void answer(const std::string& key, call::InputReply reply);

  // The call has ended: whoever still asks on its behalf is told so.
  void close();

 private:
  struct Open {
    std::string method;
    std::string params;
    Timer answered;
    std::weak_ptr<int> taker;
    std::optional<call::InputReply> reply;
  };
  using Questions = std::map<std::string, std::shared_ptr<Open>, std::less<>>;
  struct Withdraw;

  // There is one more question.
  virtual void asked() = 0;
  Async<call::InputReply> send(std::string method, std::string params) override;
  void settle(Questions::iterator question, call::InputReply reply);

  Questions questions_;
  std::shared_ptr<std::atomic<std::size_t>> count_;
  std::size_t limit_;
  unsigned asked_ = 0;
  bool closed_ = false;
};

}  // namespace larkspur::gateway
