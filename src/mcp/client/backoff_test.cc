#include "mcp/client/backoff.h"

#include <gtest/gtest.h>

namespace larkspur::mcp {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

const SteadyClock::time_point kStart{1'000s};

TEST(Backoff, AFailureDoublesTheWaitUpToThirtySeconds) {
  Backoff backoff;
  EXPECT_TRUE(backoff.may_try(kStart));
  SteadyClock::time_point now = kStart;
  for (const auto wait : {100ms, 200ms, 400ms, 800ms, 1'600ms, 3'200ms, 6'400ms, 12'800ms, 25'600ms,
                          30'000ms, 30'000ms}) {
    backoff.failed(now);
    EXPECT_FALSE(backoff.may_try(now + wait - 1ms));
    EXPECT_TRUE(backoff.may_try(now + wait));
    now += wait;
  }
  backoff.connected(now);
  backoff.failed(now);
  EXPECT_TRUE(backoff.may_try(now + 100ms));
}

TEST(Backoff, OneLossIsRepairedAtOnceAndACrashLoopIsNot) {
  Backoff backoff;
  backoff.connected(kStart);
  backoff.lost(kStart + 1s);
  EXPECT_TRUE(backoff.may_try(kStart + 1s));
  backoff.connected(kStart + 1s);
  backoff.lost(kStart + 2s);
  EXPECT_FALSE(backoff.may_try(kStart + 2s));
  EXPECT_TRUE(backoff.may_try(kStart + 2'100ms));
  backoff.connected(kStart + 3s);
  backoff.lost(kStart + 60s);  // it had lived long
  EXPECT_TRUE(backoff.may_try(kStart + 60s));
}

}  // namespace
}  // namespace larkspur::mcp
