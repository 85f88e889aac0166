#include "gateway/clients/parked_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "json/value.h"

namespace larkspur::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view kCanElicit = R"({"elicitation":{}})";
const std::string kForm = R"({"message":"Who?"})";

// Asks once and gives back what it was told.
Async<mcp::RpcResult> ask_once(std::shared_ptr<call::ClientInput> input) {
  call::InputReply reply = co_await input->ask("elicitation/create", kForm);
  if (!reply) co_return mcp::rpc_fail(-1, reply.error().message);
  co_return "{\"told\":" + *reply + "}";
}

class Parked : public ::testing::Test {
 protected:
  // Runs `work` on the loop, to its end.
  void run(std::function<Async<void>()> work) {
    asio::co_spawn(
        loops_[0],
        [](std::function<Async<void>()> body, net::Loops& loops) -> Async<void> {
          co_await body();
          loops.stop();
        }(std::move(work), loops_),
        asio::detached);
    loops_.run();
  }
  ParkedCalls::Work asks() {
    return [](std::shared_ptr<call::ClientInput> input, call::MessageSink&) {
      return ask_once(std::move(input));
    };
  }
  static std::string state_of(const mcp::RpcResult& result) {
    const auto document = json::Document::parse(result.value_or("{}"));
    return document ? std::string(document->root()["requestState"].string()) : "";
  }

  net::Loops loops_{1};
  StateSeal seal_;
};

TEST_F(Parked, TheAnswerComesWithTheNextRequest) {
  ParkedCalls parked(loops_, seal_);
  run([&]() -> Async<void> {
    const auto first = co_await parked.start("alice", kCanElicit, asks(), nullptr);
    EXPECT_THAT(first.value_or(""), HasSubstr(R"("resultType":"input_required")"));
    EXPECT_THAT(first.value_or(""), HasSubstr(R"({"input-1":{"method":"elicitation/create",)"));
    EXPECT_EQ(parked.count(), 1u);
    const auto place = parked.find(state_of(first), "alice");
    EXPECT_TRUE(place);
    EXPECT_FALSE(parked.find(state_of(first), "mallory"));
    if (!place) co_return;
    // No answer, and what is none: asked again, under another state.
    const auto again = co_await parked.resume(*place, R"({"input-1":7,"x":{}})", nullptr);
    EXPECT_THAT(again.value_or(""), HasSubstr("input-1"));
    EXPECT_NE(state_of(again), state_of(first));
    const auto done = co_await parked.resume(*place, R"({"input-1":{"action":"accept"}})", nullptr);
    EXPECT_EQ(done, R"({"told":{"action":"accept"}})");
    EXPECT_EQ(parked.count(), 0u);
    const auto late = co_await parked.resume(*place, "", nullptr);
    EXPECT_FALSE(late);
  });
}

TEST_F(Parked, ACallThatNobodyComesBackForIsCancelled) {
  ParkedCalls parked(loops_, seal_, {.calls = 10, .patience = 0s});
  run([&]() -> Async<void> {
    const auto first = co_await parked.start("alice", kCanElicit, asks(), nullptr);
    Timer timer(co_await asio::this_coro::executor, 20ms);
    co_await timer.async_wait(kAwait);
    EXPECT_EQ(parked.count(), 0u);
    const auto place = parked.find(state_of(first), "alice");
    EXPECT_TRUE(place);
    if (place) EXPECT_FALSE(co_await parked.resume(*place, "", nullptr));
  });
}

TEST_F(Parked, WhatTheClientCannotDoItIsNotAsked) {
  ParkedCalls parked(loops_, seal_);
  run([&]() -> Async<void> {
    const auto result = co_await parked.start("alice", R"({"sampling":{}})", asks(), nullptr);
    EXPECT_FALSE(result);
    EXPECT_EQ(parked.count(), 0u);
  });
}

TEST_F(Parked, OneCallTooManyIsRefusedItsQuestion) {
  ParkedCalls parked(loops_, seal_, {.calls = 1, .patience = 60s});
  run([&]() -> Async<void> {
    const auto first = co_await parked.start("alice", kCanElicit, asks(), nullptr);
    EXPECT_TRUE(first);
    const auto second = co_await parked.start("bob", kCanElicit, asks(), nullptr);
    EXPECT_FALSE(second);
    EXPECT_EQ(parked.count(), 1u);
  });
}

TEST_F(Parked, ClosingCancelsWhatWaits) {
  ParkedCalls parked(loops_, seal_);
  run([&]() -> Async<void> {
    const auto first = co_await parked.start("alice", kCanElicit, asks(), nullptr);
    co_await parked.close(5s);
    EXPECT_EQ(parked.count(), 0u);
  });
}

TEST_F(Parked, AClientThatLeavesCancelsTheCall) {
  ParkedCalls parked(loops_, seal_);
  run([&]() -> Async<void> {
    bool ended = false;
    ParkedCalls::Work works = [&ended](std::shared_ptr<call::ClientInput>,
                                       call::MessageSink&) -> Async<mcp::RpcResult> {
      return [](bool& flag) -> Async<mcp::RpcResult> {
        struct End {
          bool& ended;
          ~End() { ended = true; }
        } end{flag};
        Timer timer(co_await asio::this_coro::executor, SteadyClock::time_point::max());
        co_await timer.async_wait(kAwait);
        co_return "{}";
      }(ended);
    };
    asio::cancellation_signal leave;
    bool over = false;
    asio::co_spawn(loops_[0], parked.start("alice", kCanElicit, works, nullptr),
                   asio::bind_cancellation_slot(
                       leave.slot(), [&over](std::exception_ptr, mcp::RpcResult) { over = true; }));
    Timer timer(co_await asio::this_coro::executor, 5ms);
    co_await timer.async_wait(kAwait);
    EXPECT_FALSE(over);
    leave.emit(asio::cancellation_type::terminal);
    while (!over) {
      timer.expires_after(1ms);
      co_await timer.async_wait(kAwait);
    }
    EXPECT_TRUE(ended);
  });
}

}  // namespace
}  // namespace larkspur::gateway
