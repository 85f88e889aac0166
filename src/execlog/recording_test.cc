#include "execlog/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "execlog/call_id.h"
#include "execlog/json_form.h"
#include "execlog/log.h"
#include "execlog/memory_store.h"

namespace larkspur::execlog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class RecordingTest : public ::testing::Test {
 protected:
  // The only record that reached the store.
  Record stored() {
    EXPECT_TRUE(log_.flush(std::chrono::seconds(10)));
    const std::vector<Record> records = written_->records();
    EXPECT_EQ(records.size(), 1U);
    return records.empty() ? Record{} : records.front();
  }

  std::shared_ptr<MemoryStore::Written> written_ = std::make_shared<MemoryStore::Written>();
  Log log_{std::make_unique<MemoryStore>(written_), Log::Options{}};
};

TEST_F(RecordingTest, SuccessIsLean) {
  {
    Recording recording =
        log_.open({.tool_name = "read_file", .scope = "files", .arguments = "{}"});
    recording.message("a step");
    recording.metadata("hint", "not needed");
    recording.warning("slow disk");
    recording.set_result({.is_error = false, .size_bytes = 10});
    recording.succeed();
  }
  const Record record = stored();
  EXPECT_EQ(record.status, Status::kSuccess);
  EXPECT_TRUE(record.messages.empty());
  EXPECT_FALSE(record.metadata);
  EXPECT_FALSE(record.error);
  EXPECT_THAT(record.warnings, ElementsAre("slow disk"));
  EXPECT_THAT(record.tool_call_id, MatchesRegex("read_file_files_[0-9]+-[0-9a-z]{2}[0-9a-z]{5,}"));
  EXPECT_EQ(record.request.arguments_digest,
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  EXPECT_EQ(record.end_time, record.start_time + *record.duration_ms);
}

TEST_F(RecordingTest, FailureIsDetailed) {
  {
    Recording recording = log_.open({.tool_name = "t", .parent_id = "p", .place = "3/7"});
    recording.message("a step");
    recording.metadata("http_status", std::int64_t{503});
    recording.metadata("http_status", std::int64_t{504});
    recording.metadata("exit_code", "not a number");
    recording.caused_by("connection reset");
    recording.fail({.status = Status::kTimeout,
                    .error = "no answer; token=hunter2",
                    .error_type = "timeout",
                    .error_code = "timeout",
                    .stage = FailureStage::kBackendCall});
    recording.succeed();  // too late: the first outcome stands
  }
  const Record record = stored();
  EXPECT_EQ(record.status, Status::kTimeout);
  EXPECT_THAT(record.messages, ElementsAre("a step"));
  EXPECT_EQ(record.error, "no answer; token=[REDACTED]");
  EXPECT_EQ(record.dropped.redactions, 1);
  ASSERT_TRUE(record.metadata);
  EXPECT_EQ(record.metadata->failure_stage, FailureStage::kBackendCall);
  ASSERT_EQ(record.metadata->further.size(), 1U);
  EXPECT_EQ(record.metadata->further[0].second, MetadataValue(std::int64_t{504}));
  EXPECT_THAT(record.warnings, ElementsAre(HasSubstr("exit_code")));
  EXPECT_EQ(record.parent_id, "p");
  EXPECT_EQ(record.place, "3/7");
}

TEST_F(RecordingTest, WhatNobodyDecidedIsCancelled) {
  {
    Recording recording = log_.open({.tool_name = "t"});
  }
  const Record record = stored();
  EXPECT_EQ(record.status, Status::kCancelled);
  EXPECT_EQ(record.metadata->failure_stage, FailureStage::kCancelled);
}

TEST_F(RecordingTest, AnExceptionLeavesARecordToo) {
  try {
    Recording recording = log_.open({.tool_name = "t"});
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
  }
  const Record record = stored();
  EXPECT_EQ(record.status, Status::kFailed);
  EXPECT_EQ(record.metadata->error_type, "exception");
}

TEST_F(RecordingTest, PartialIsAnAnswerWithAWarning) {
  {
    Recording recording = log_.open({.tool_name = "t"});
    recording.succeed_partially("only the first page");
  }
  const Record record = stored();
  EXPECT_EQ(record.status, Status::kPartial);
  EXPECT_THAT(record.warnings, ElementsAre("only the first page"));
  EXPECT_FALSE(record.metadata);
}

TEST_F(RecordingTest, TimersWriteApiCallsOnEveryWayOut) {
  {
    Recording recording = log_.open({.tool_name = "t"});
    ApiCallTimer first =
        recording.begin_api_call({.api = "tools/call", .details = McpCall{.backend = "files"}});
    {
      ApiCallTimer second = recording.begin_api_call({.api = "tools/list", .details = McpCall{}});
      second.details<McpCall>().response_bytes = 7;
      second.finish(ApiStatus::kSuccess);
    }
    {
      ApiCallTimer abandoned = recording.begin_api_call({.api = "ping", .details = McpCall{}});
    }
    first.finish(ApiStatus::kFailed);
    recording.succeed();
  }
  const Record record = stored();
  ASSERT_EQ(record.api_calls.size(), 3U);  // in the order of their ends
  EXPECT_EQ(record.api_calls[0].seq, 1);
  EXPECT_EQ(std::get<McpCall>(record.api_calls[0].details).response_bytes, 7);
  EXPECT_EQ(record.api_calls[1].status, ApiStatus::kCancelled);
  EXPECT_EQ(record.api_calls[2].seq, 0);
  EXPECT_LE(record.api_calls[2].duration_ms, *record.duration_ms);
}

TEST_F(RecordingTest, CapsHoldAndCount) {
  {
    Recording recording = log_.open({.tool_name = std::string(1000, 'n')});
    for (int i = 0; i < 40; ++i) recording.message(std::string(1000, 'm'));
    for (int i = 0; i < 40; ++i) recording.warning("é" + std::string(2000, 'w'));
    for (int i = 0; i < 200; ++i) recording.api_call({.api = "a", .details = HttpCall{}});
    for (int i = 0; i < 50; ++i) recording.metadata("k" + std::to_string(i), std::int64_t{i});
    recording.fail({.error = std::string(100'000, 'e')});
  }
  const Record record = stored();
  EXPECT_EQ(record.tool_name.size(), kMaxFieldBytes);
  EXPECT_EQ(record.messages.size(), kMaxMessages);
  EXPECT_EQ(record.messages[0].size(), kMaxMessageBytes);
  EXPECT_EQ(record.warnings.size(), kMaxWarnings);
  EXPECT_LE(record.warnings[0].size(), kMaxWarningBytes);
  EXPECT_EQ(record.error->size(), kMaxErrorBytes);
  EXPECT_EQ(record.dropped.messages, 8);
  EXPECT_EQ(record.dropped.warnings, 8);
  EXPECT_EQ(record.dropped.api_calls, 72);
  EXPECT_GT(record.dropped.bytes, 90'000);
  ASSERT_EQ(record.api_calls.size(), kMaxApiCalls);
  std::vector<std::int64_t> order;
  for (const ApiCall& call : record.api_calls) order.push_back(call.seq);
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(order[63], 63);   // the first 64 ...
  EXPECT_EQ(order[64], 136);  // ... and the last 64
  EXPECT_TRUE(from_json(to_json(record, View::kAudit)));
}

TEST_F(RecordingTest, NothingRawEntersByAnyDoor) {
  const std::string canary = "sk-0123456789abcdefCANARY";
  {
    Recording recording = log_.open({.tool_name = "x " + canary,
                                     .scope = canary,
                                     .request = {.jsonrpc_id = canary,
                                                 .session_id = canary,
                                                 .client_name = canary,
                                                 .client_address = canary},
                                     .principal = {.id = canary, .delegation = {canary}},
                                     .place = canary,
                                     .arguments = canary});
    recording.message(canary);
    recording.warning(canary);
    recording.metadata(canary, canary);
    recording.caused_by(canary);
    recording.api_call({.api = canary,
                        .details = KubectlCall{.command = "get --token=CANARY", .type = canary},
                        .request_id = canary,
                        .retry_reasons = {canary},
                        .error = canary});
    recording.set_script({.hash = canary});
    recording.fail({.error = canary, .error_type = canary, .error_code = canary});
  }
  EXPECT_THAT(to_json(stored(), View::kAudit), Not(HasSubstr("CANARY")));
}

TEST_F(RecordingTest, BytesThatAreNotTextBecomeText) {
  {
    Recording recording = log_.open({.tool_name = "caf\xe9"});
    recording.fail({.error = "\xff\xfe\x01"});
  }
  EXPECT_TRUE(from_json(to_json(stored(), View::kAudit)));
}

TEST_F(RecordingTest, AfterCloseNothingHappens) {
  Recording recording = log_.open({.tool_name = "t"});
  const std::string id = recording.tool_call_id();
  recording.succeed();
  recording.close();
  recording.warning("late");
  recording.fail({.error = "late"});
  recording.api_call({.api = "late"});
  recording.close();
  EXPECT_EQ(recording.tool_call_id(), id);
  EXPECT_TRUE(stored().warnings.empty());
}

TEST(CallId, AMillionFromSixteenThreadsAreDistinct) {
  constexpr std::size_t kThreads = 16, kEach = 62'500;
  std::vector<std::vector<std::string>> made(kThreads);
  {
    std::vector<std::jthread> threads;
    for (auto& ids : made) {
      threads.emplace_back([&ids] {
        ids.reserve(kEach);
        for (std::size_t i = 0; i < kEach; ++i) ids.push_back(make_tool_call_id("t", "s", 1));
      });
    }
  }
  std::vector<std::string> all;
  for (auto& ids : made) std::ranges::move(ids, std::back_inserter(all));
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
  EXPECT_EQ(all.size(), kThreads * kEach);
}

TEST(CallId, KeepsToItsAlphabet) {
  EXPECT_THAT(make_tool_call_id("a b/é", "", 5), MatchesRegex("a_b___-?_-_5-[0-9a-z]+"));
  EXPECT_LE(make_tool_call_id(std::string(900, 'x'), std::string(900, 'y'), 1763624189123).size(),
            256U);
}

}  // namespace
}  // namespace larkspur::execlog
