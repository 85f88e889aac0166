#include "mcp/client/pending_calls.h"

#include <gtest/gtest.h>

#include <memory>

#include "mcp/client/waiting.h"

namespace larkspur::mcp {
namespace {

using std::chrono_literals::operator""ms;

class PendingCallsTest : public testing::Test {
 protected:
  void wait(std::int64_t id, SteadyClock::time_point deadline = kNever) {
    const auto work = [](PendingCallsTest* test, std::int64_t its_id,
                         SteadyClock::time_point its_deadline) -> Async<void> {
      PendingCalls::Slot slot(test->calls_, test->loop_.get_executor(), its_id,
                              std::make_shared<Patience>(its_deadline));
      test->replies_.insert_or_assign(its_id, co_await slot.wait());
    };
    asio::co_spawn(loop_, work(this, id, deadline), [](std::exception_ptr) {});
    loop_.restart();
    loop_.poll();
  }
  void settle() {
    loop_.restart();
    loop_.run_for(20ms);
  }
  ErrorCode error_of(std::int64_t id) { return replies_.at(id).error().error.code; }

  EventLoop loop_;
  PendingCalls calls_;
  std::map<std::int64_t, CallReply> replies_;
};

TEST_F(PendingCallsTest, EachAnswerFindsItsCall) {
  wait(1);
  wait(2);
  EXPECT_TRUE(calls_.answer(2, "{\"two\":2}"));
  EXPECT_TRUE(calls_.answer(1, "{\"one\":1}"));
  settle();
  EXPECT_EQ(replies_.at(1), "{\"one\":1}");
  EXPECT_EQ(replies_.at(2), "{\"two\":2}");
  EXPECT_FALSE(calls_.contains(1));
  EXPECT_FALSE(calls_.answer(1, "{}"));  // late
}

TEST_F(PendingCallsTest, ADeadlineEndsTheWait) {
  wait(1, SteadyClock::now() + 5ms);
  settle();
  EXPECT_EQ(error_of(1), ErrorCode::kTimeout);
  EXPECT_FALSE(calls_.contains(1));
}

TEST_F(PendingCallsTest, AllFailTogether) {
  wait(1);
  wait(2);
  calls_.fail_all({ErrorCode::kClosed, "gone"});
  settle();
  EXPECT_EQ(error_of(1), ErrorCode::kClosed);
  EXPECT_EQ(error_of(2), ErrorCode::kClosed);
}

TEST_F(PendingCallsTest, ADroppedAnswerIsThatOfTheOnlyCall) {
  wait(1);
  calls_.answer_dropped({ErrorCode::kTooLarge, "big"});
  settle();
  EXPECT_EQ(error_of(1), ErrorCode::kTooLarge);
}

TEST_F(PendingCallsTest, ADroppedAnswerIsThatOfTheCallWhichGetsNone) {
  wait(1);
  wait(2);
  wait(3);
  calls_.answer_dropped({ErrorCode::kTooLarge, "big"});
  wait(4);  // came later, so the answer was not its own
  calls_.answer(1, "{}");
  settle();
  EXPECT_FALSE(replies_.contains(2));
  EXPECT_FALSE(replies_.contains(3));
  calls_.answer(3, "{}");
  settle();
  EXPECT_EQ(error_of(2), ErrorCode::kTooLarge);
  EXPECT_FALSE(replies_.contains(4));
  calls_.answer(4, "{}");
  settle();
  EXPECT_EQ(replies_.at(4), "{}");
}

TEST_F(PendingCallsTest, TwoDroppedAnswersAreThoseOfTheLastTwo) {
  wait(1);
  wait(2);
  wait(3);
  calls_.answer_dropped({ErrorCode::kTooLarge, "big"});
  calls_.answer_dropped({ErrorCode::kTooLarge, "big"});
  calls_.answer(2, "{}");
  settle();
  EXPECT_FALSE(replies_.contains(1));
  calls_.answer(1, "{}");  // not dropped after all; then both were for 3, or one was no answer
  settle();
  EXPECT_EQ(error_of(3), ErrorCode::kTooLarge);
}

TEST_F(PendingCallsTest, ADroppedNotificationHurtsNobodyWhoWaitsNoMore) {
  wait(1, SteadyClock::now() + 5ms);
  wait(2);
  calls_.answer_dropped({ErrorCode::kTooLarge, "big"});
  settle();
  EXPECT_EQ(error_of(1), ErrorCode::kTimeout);
  EXPECT_FALSE(replies_.contains(2));
  calls_.answer(2, "{}");
  settle();
  EXPECT_EQ(replies_.at(2), "{}");
}

}  // namespace
}  // namespace larkspur::mcp
