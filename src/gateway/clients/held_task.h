// One call that goes on as a task: what it has come to, and the words of either era for it.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "call/call_context.h"
#include "call/task_holder.h"
#include "gateway/backends/backend_task.h"
#include "gateway/clients/open_questions.h"
#include "mcp/protocol.h"

namespace larkspur::gateway {

// Everything happens on the loop that the call began on.
class HeldTask final : public OpenQuestions, public call::TaskHolder, public call::MessageSink {
 public:
  struct Facts {
    std::string owner;       // whose it is; nobody else hears of it
    std::string session_id;  // that is told of its changes; "" for none
    std::chrono::milliseconds ttl;
    bool demanded = false;  // see TaskHolder
  };

  HeldTask(const Executor& executor, Facts facts, std::string_view capabilities,
           std::shared_ptr<std::atomic<std::size_t>> questions, std::size_t max_questions);

  const Facts& facts() const { return facts_; }
  TaskStatus status(mcp::Era era) const;
  bool ended() const { return cancelled_ || result_; }
  bool is_running() const { return !result_; }
  // A backend has made a task of the call, or it needs input: there is something to come back for.
  bool can_be_left() const { return started_ || asks(); }
  // What the call itself would have given. REQUIRES: ended().
  mcp::RpcResult result() const;
  std::size_t result_bytes() const { return result_ && *result_ ? (*result_)->size() : 0; }
  EpochMs created() const { return created_; }

  // The result of the request that created it; of one that asks for it. Raw objects.
  std::string created_result(mcp::Era era) const;
  std::string state(mcp::Era era) const;

  // Where what the call says goes; null: nowhere.
  void attach(call::MessageSink* messages) { messages_ = messages; }
  // The call has ended like this.
  void end(mcp::RpcResult result);
  // Its caller does not want it any more. It stays cancelled, however the call ends.
  void cancel();
  // Its result takes more room than there is.
  void drop_result();

  // What it is known by, once somebody may come back for it.
  std::string id;
  std::uint64_t serial = 0;  // in its loop's table
  // Called when the status is another; for whoever has registered it.
  std::function<void()> on_change;
  asio::cancellation_signal stop;
  Timer changed;  // never expires; cancelled when there is something new
  Timer expiry;

 private:
  std::chrono::milliseconds ttl() const override { return facts_.ttl; }
  bool demanded() const override { return facts_.demanded; }
  void started(call::TaskNews news) override;
  void heard(call::TaskNews news) override;
  void asked() override { touch(); }
  void notify(std::string_view method, std::string_view params) override {
    if (messages_ != nullptr) messages_->notify(method, params);
  }
  void touch();
  void write_facts(json::Writer& out, mcp::Era era, TaskStatus status) const;

  Facts facts_;
  EpochMs created_;
  EpochMs updated_;
  call::TaskNews news_{"", std::chrono::milliseconds(1'000)};
  bool started_ = false;
  bool cancelled_ = false;
  bool is_error_ = false;  // the result says so
  std::optional<mcp::RpcResult> result_;
  call::MessageSink* messages_ = nullptr;
};

}  // namespace larkspur::gateway
