#include "net/loops.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "net/mailbox.h"

namespace larkspur::net {
namespace {

using std::chrono_literals::operator""ms;

TEST(LoopsTest, RunReturnsWhenNothingIsLeftToDo) {
  Loops loops(3);
  loops.run();
  loops.run();
}

TEST(LoopsTest, PostToAllRunsOnEveryLoopsOwnThread) {
  Loops loops(3);
  std::atomic<int> right = 0;
  std::atomic<std::thread::id> first_thread;
  loops.post_to_all([&](std::size_t index) {
    if (Loops::here() == index) ++right;
    if (index == 0) first_thread = std::this_thread::get_id();
  });
  loops.run();
  EXPECT_EQ(right, 3);
  EXPECT_EQ(first_thread, std::this_thread::get_id());
}

TEST(LoopsTest, ALoopThatRanDryStillTakesWorkFromAnother) {
  Loops loops(2);
  Timer timer(loops.executor(0), 60ms);
  bool done = false;
  timer.async_wait([&](auto) { asio::post(loops[1], [&] { done = Loops::here() == 1; }); });
  loops.run();
  EXPECT_TRUE(done);
}

TEST(LoopsTest, StopEndsLoopsThatStillHaveWork) {
  Loops loops(2);
  Timer never(loops.executor(1), std::chrono::hours(1));
  never.async_wait([](auto) {});
  std::jthread stopper([&] {
    std::this_thread::sleep_for(20ms);
    loops.stop();
  });
  loops.run();
}

TEST(MailboxTest, CarriesItemsFromOtherThreadsInOrder) {
  Loops loops(1);
  auto mailbox = std::make_shared<Mailbox<int>>(loops.executor(0), 1000);
  std::vector<int> got;
  auto take_all = [&]() -> Async<void> {
    while (const auto item = co_await mailbox->take()) got.push_back(*item);
  };
  asio::co_spawn(loops[0], take_all(), asio::detached);
  std::jthread producer([&] {
    for (int i = 0; i < 500; ++i) mailbox->put(i);
    mailbox->close();
  });
  loops.run();
  ASSERT_EQ(got.size(), 500u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(mailbox->dropped(), 0u);
}

TEST(LoopsTest, WhatStillWaitsMayOwnTimersOfAnyLoop) {
  auto dropped = std::make_shared<int>();
  {
    Loops loops(3);
    for (std::size_t here = 0; here < 3; ++here) {
      for (std::size_t there = 0; there < 3; ++there) {
        const auto wait = [](std::shared_ptr<int>, Executor on, Executor other) -> Async<void> {
          Timer foreign(other, SteadyClock::time_point::max());
          Timer own(on, SteadyClock::time_point::max());
          co_await own.async_wait(kAwaitTuple);
        };
        asio::co_spawn(loops[here], wait(dropped, loops.executor(here), loops.executor(there)),
                       asio::detached);
      }
      loops[here].poll();
    }
    EXPECT_EQ(dropped.use_count(), 10);
  }
  EXPECT_EQ(dropped.use_count(), 1);
}

TEST(MailboxTest, DropsAndCountsWhatDoesNotFit) {
  Loops loops(1);
  auto mailbox = std::make_shared<Mailbox<std::unique_ptr<int>>>(loops.executor(0), 3);
  for (int i = 0; i < 5; ++i) mailbox->put(std::make_unique<int>(i));
  EXPECT_EQ(mailbox->dropped(), 2u);  // already here: what is on its way counts as well
  int taken = 0;
  auto take_all = [&]() -> Async<void> {
    while (co_await mailbox->take(SteadyClock::now() + 10ms)) ++taken;
    mailbox->put(std::make_unique<int>(9));
    if (co_await mailbox->take()) ++taken;
  };
  asio::co_spawn(loops[0], take_all(), asio::detached);
  loops.run();
  EXPECT_EQ(taken, 4);
}

TEST(MailboxTest, TakeGivesUpAtItsDeadline) {
  Loops loops(1);
  auto mailbox = std::make_shared<Mailbox<int>>(loops.executor(0), 3);
  bool empty = false;
  auto take = [&]() -> Async<void> {
    empty = !(co_await mailbox->take(SteadyClock::now() + 5ms)).has_value();
  };
  asio::co_spawn(loops[0], take(), asio::detached);
  loops.run();
  EXPECT_TRUE(empty);
}

}  // namespace
}  // namespace larkspur::net
