#include "execlog/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "execlog/store/memory_store.h"

namespace larkspur::execlog {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

void record_one(Log& log, std::string tool = "t") {
  Recording recording = log.open({.tool_name = std::move(tool)});
  recording.succeed();
}

struct Fixture {
  std::shared_ptr<MemoryStore::Written> written = std::make_shared<MemoryStore::Written>();
  std::unique_ptr<MemoryStore> store() { return std::make_unique<MemoryStore>(written); }
};

// Waits for what another thread is about to do; a test that never gets it fails by its time limit.
template <class Condition>
void eventually(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(1ms);
}

TEST(Log, ManyThreadsLoseNothingAndKeepTheirOwnOrder) {
  Fixture fixture;
  constexpr int kThreads = 8, kEach = 2000;
  {
    Log log(fixture.store(), {.capacity = kThreads * kEach});
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kEach; ++i)
          record_one(log, std::to_string(t) + "." + std::to_string(i));
      });
    }
    threads.clear();
    ASSERT_TRUE(log.flush(60s));
    EXPECT_EQ(log.stats().written, kThreads * kEach);
    EXPECT_EQ(log.stats().dropped, 0U);
    EXPECT_EQ(log.stats().queue_depth, 0U);
  }
  std::vector<int> next(kThreads, 0);
  for (const Record& record : fixture.written->records()) {
    const std::size_t dot = record.tool_name.find('.');
    const auto thread = static_cast<std::size_t>(std::stoi(record.tool_name.substr(0, dot)));
    EXPECT_EQ(std::stoi(record.tool_name.substr(dot + 1)), next[thread]++);
  }
}

TEST(Log, GathersManyRecordsInOneAppend) {
  Fixture fixture;
  Log log(fixture.store(), {.gather = 50ms});
  for (int i = 0; i < 500; ++i) record_one(log);
  ASSERT_TRUE(log.flush(10s));
  EXPECT_LE(fixture.written->appends(), 5U);
}

TEST(Log, AFullQueueDropsCountsAndLeavesAGapRecord) {
  Fixture fixture;
  fixture.written->refuse = true;
  Log log(fixture.store(), {.capacity = 10, .retry = 1ms});
  for (int i = 0; i < 25; ++i) record_one(log);
  EXPECT_EQ(log.stats().dropped, 15U);
  EXPECT_TRUE(log.ready());
  fixture.written->refuse = false;
  ASSERT_TRUE(log.flush(10s));
  const std::vector<Record> records = fixture.written->records();
  ASSERT_EQ(records.size(), 11U);
  // Behind the batch that the writer held when records were dropped; others may follow.
  const auto gap = std::ranges::find(records, "execution_log_gap", &Record::tool_name);
  ASSERT_NE(gap, records.end());
  EXPECT_THAT(*gap->error, HasSubstr("15 records"));
}

TEST(Log, AStoreThatRecoversGetsEverything) {
  Fixture fixture;
  fixture.written->refuse = true;
  std::vector<std::string> news;  // the writer's thread alone touches it until the log is gone
  {
    Log log(fixture.store(),
            {.retry = 1ms, .on_trouble = [&](std::string_view text) { news.emplace_back(text); }});
    record_one(log);
    eventually([&] { return log.stats().failed_writes > 2; });
    EXPECT_THAT(log.stats().last_error, HasSubstr("refuses"));
    const Result<void> flushed = log.flush(5ms);
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().code, ErrorCode::kTimeout);
    EXPECT_THAT(flushed.error().message, HasSubstr("refuses"));
    fixture.written->refuse = false;
    ASSERT_TRUE(log.flush(10s));
    EXPECT_EQ(log.stats().last_error, "");
  }
  EXPECT_EQ(fixture.written->records().size(), 1U);
  ASSERT_EQ(news.size(), 2U);  // told once, not with every attempt
  EXPECT_THAT(news[0], HasSubstr("refuses"));
  EXPECT_THAT(news[1], HasSubstr("again"));
}

TEST(Log, WaitKeepsNewCallsBackAndLosesNothing) {
  Fixture fixture;
  fixture.written->refuse = true;
  Log log(fixture.store(), {.capacity = 2, .overflow = Overflow::kWait, .retry = 1ms});
  for (int i = 0; i < 5; ++i) record_one(log);  // calls under way still leave theirs
  EXPECT_FALSE(log.ready());
  EventLoop loop;
  bool resumed = false;
  const auto wait = [&]() -> Async<> { resumed = (co_await log.admit()).has_value(); };
  asio::co_spawn(loop, wait(), asio::detached);
  loop.run_for(20ms);
  EXPECT_FALSE(resumed);
  fixture.written->refuse = false;
  loop.run();
  EXPECT_TRUE(resumed);
  ASSERT_TRUE(log.flush(10s));
  EXPECT_EQ(fixture.written->records().size(), 5U);
  EXPECT_EQ(log.stats().dropped, 0U);
}

// Runs the loop until `condition`; what wakes it may come from another thread.
template <class Condition>
void run_until(EventLoop& loop, Condition condition) {
  const auto work = asio::make_work_guard(loop);
  while (!condition()) loop.run_for(1ms);
}

// What a coroutine gives. The loop outlives every writer: one may still be leaving the function
// with which it woke the loop when the coroutine is through.
template <class T, class Start>
T await(Start start) {
  static EventLoop loop;
  loop.restart();
  std::optional<T> result;
  const auto run = [&]() -> Async<> { result = co_await start(); };
  asio::co_spawn(loop, run(), asio::detached);
  run_until(loop, [&] { return result.has_value(); });
  return *result;
}

TEST(Log, AnUnwritableLogRefusesNewCallsAndRecovers) {
  Fixture fixture;
  fixture.written->refuse = true;
  Log log(fixture.store(), {.overflow = Overflow::kWait, .retry = 1ms, .grace = 5ms});
  record_one(log);  // under way when the store began to fail
  eventually([&] { return log.stats().unwritable; });
  EXPECT_FALSE(log.ready());
  EXPECT_EQ(await<Result<void>>([&] { return log.admit(); }).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(log.stats().refused, 1U);
  fixture.written->refuse = false;
  eventually([&] { return log.ready(); });
  EXPECT_TRUE(await<Result<void>>([&] { return log.admit(); }));
  ASSERT_TRUE(log.flush(10s));
  const std::vector<Record> records = fixture.written->records();
  ASSERT_EQ(records.size(), 2U);  // nothing was lost, and the refusal is told
  EXPECT_THAT(*records[1].error, HasSubstr("1 calls refused"));
}

TEST(Log, AnUnwritableLogMayLetCallsPassAndCountsThem) {
  Fixture fixture;
  fixture.written->refuse = true;
  Log log(fixture.store(), {.capacity = 5,
                            .overflow = Overflow::kWait,
                            .unwritable = Unwritable::kPass,
                            .durable = true,
                            .retry = 1ms,
                            .grace = 5ms});
  record_one(log);
  eventually([&] { return log.stats().unwritable; });
  for (int i = 0; i < 9; ++i) record_one(log);
  EXPECT_TRUE(log.ready());
  EXPECT_EQ(log.stats().dropped, 5U);
  Recording recording = log.open({.tool_name = "t"});
  EXPECT_TRUE(await<Result<void>>([&] { return recording.announce_durably(); }));  // does not wait
  fixture.written->refuse = false;
  ASSERT_TRUE(log.flush(10s));
  EXPECT_THAT(*fixture.written->records().back().error, HasSubstr("5 records were dropped"));
  recording.succeed();
}

TEST(Log, BeforeReplyWaitsForTheDisk) {
  Fixture fixture;
  EventLoop loop;
  Log log(fixture.store(), {.durable = true, .retry = 1ms, .grace = 1h});
  fixture.written->refuse = true;
  Recording recording = log.open({.tool_name = "t"});
  bool announced = false, closed = false;
  const auto call = [&]() -> Async<> {
    announced = (co_await recording.announce_durably()).has_value();
    recording.succeed();
    closed = (co_await recording.close_durably()).has_value();
  };
  asio::co_spawn(loop, call(), asio::detached);
  loop.run_for(5ms);
  loop.restart();
  eventually([&] { return log.stats().failed_writes > 2; });
  for (int turn = 0; turn < 5; ++turn) loop.run_for(1ms);  // the loop is free meanwhile
  EXPECT_FALSE(announced);
  fixture.written->refuse = false;
  loop.restart();
  run_until(loop, [&] { return closed; });
  EXPECT_TRUE(announced);
  EXPECT_TRUE(closed);
  EXPECT_EQ(fixture.written->intents().size(), 1U);
  EXPECT_EQ(fixture.written->records().size(), 1U);
}

TEST(Log, BeforeReplyFailsWhenTheStoreDoesNotComeBack) {
  Fixture fixture;
  fixture.written->refuse = true;
  Log log(fixture.store(), {.durable = true, .retry = 1ms, .grace = 5ms});
  Recording recording = log.open({.tool_name = "t"});
  recording.succeed();
  const Result<void> closed = await<Result<void>>([&] { return recording.close_durably(); });
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(closed.error().message, HasSubstr("refuses"));
  fixture.written->refuse = false;
  ASSERT_TRUE(log.flush(10s));
  EXPECT_EQ(fixture.written->records().size(), 1U);  // late, but not lost
}

TEST(Log, OnlyCallsThatStillRunLeaveAnIntent) {
  Fixture fixture;
  Log log(fixture.store(), {.gather = 50ms});
  {
    Recording quick = log.open({.tool_name = "quick"});
    quick.announce();
    quick.succeed();
  }
  const auto digester = std::make_shared<const Digester>(Secret("key"));
  Recording slow = log.open({.tool_name = "slow", .parent_id = "p", .place = "1/2"});
  slow.digest(ContentOf::kArguments, "{}", digester);
  slow.announce();
  ASSERT_TRUE(log.flush(10s));
  const std::vector<Record> intents = fixture.written->intents();
  ASSERT_EQ(intents.size(), 1U);
  EXPECT_EQ(intents[0].tool_call_id, slow.tool_call_id());
  EXPECT_EQ(intents[0].status, Status::kRunning);
  EXPECT_EQ(intents[0].place, "1/2");
  EXPECT_EQ(intents[0].request.arguments_digest, digester->of("{}"));
  slow.succeed();
}

TEST(Log, TendsItsStoreAfterWriting) {
  Fixture fixture;
  Log log(fixture.store(), {.tend = 1ms});
  record_one(log);
  eventually([&] { return fixture.written->tended() > 0; });
}

TEST(Log, TheEndWritesWhatIsQueued) {
  Fixture fixture;
  {
    Log log(fixture.store(), {.gather = 10s});
    for (int i = 0; i < 100; ++i) record_one(log);
  }
  EXPECT_EQ(fixture.written->records().size(), 100U);
}

TEST(Log, TheEndDoesNotHangOnABrokenStore) {
  Fixture fixture;
  fixture.written->refuse = true;
  {
    Log log(fixture.store(), {.retry = 1h});
    for (int i = 0; i < 100; ++i) record_one(log);
  }
  EXPECT_TRUE(fixture.written->records().empty());
}

}  // namespace
}  // namespace larkspur::execlog
