#include "execlog/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "execlog/call_id.h"
#include "execlog/form/fields.h"
#include "execlog/form/json_form.h"
#include "execlog/log.h"
#include "execlog/redaction/intake.h"
#include "execlog/store/memory_store.h"

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
    Recording recording = log_.open({.tool_name = "read_file", .scope = "files"});
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
  EXPECT_GT(record.api_calls[2].elapsed, record.api_calls[0].elapsed);
  EXPECT_GT(record.api_calls[0].elapsed.count(), 0);
}

TEST_F(RecordingTest, CapsHoldAndCount) {
  {
    Recording recording = log_.open({.tool_name = std::string(1000, 'n')});
    for (int i = 0; i < 40; ++i) recording.message(std::string(1000, 'm'));
    for (int i = 0; i < 40; ++i) recording.warning("é" + std::string(2000, 'w'));
    for (int i = 0; i < 200; ++i) recording.api_call({.api = "a", .details = HttpCall{}});
    for (int i = 0; i < 50; ++i) recording.metadata("k" + std::to_string(i), std::int64_t{i});
    for (int i = 0; i < 10; ++i) recording.caused_by(std::string(600, 'c'));
    recording.set_principal({.delegation = std::vector<std::string>(10, std::string(300, 'd'))});
    recording.metadata("late", std::string(2000, 'v'));
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
  EXPECT_EQ(record.metadata->further.size(), kMaxMetadataKeys - 4);
  EXPECT_EQ(record.metadata->caused_by.size(), kMaxListItems);
  EXPECT_EQ(record.metadata->caused_by[0].size(), kMaxMessageBytes);
  EXPECT_EQ(record.principal->delegation.size(), kMaxListItems);
  EXPECT_EQ(record.principal->delegation[0].size(), kMaxFieldBytes);
  EXPECT_EQ(record.dropped.items, 22 + 2 + 2 + 1);
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
                                                 .client_address = canary,
                                                 .arguments_digest = canary,
                                                 .arguments_blob = canary},
                                     .principal = {.id = canary, .delegation = {canary}},
                                     .place = canary});
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
    recording.set_result({.digest = canary, .blob = canary});
    recording.fail({.error = canary, .error_type = canary, .error_code = canary});
  }
  EXPECT_THAT(to_json(stored(), View::kAudit), Not(HasSubstr("CANARY")));
}

// What was found clean is not looked at again; what was not, always.
TEST_F(RecordingTest, ASecretThatComesAgainIsTakenOutAgain) {
  for (int round = 0; round < 3; ++round) {
    Dropped dropped;
    for (int i = 0; i < 1'000; ++i) {  // more than are remembered
      const std::string name = "name-" + std::to_string(i);
      EXPECT_EQ(taken_in(name, 64, dropped), name);
      EXPECT_EQ(taken_in(name + " password=" + name, 64, dropped), name + " password=[REDACTED]");
    }
    EXPECT_EQ(dropped.redactions, 1'000);
  }
  Dropped dropped;
  EXPECT_EQ(taken_in("name-1", 4, dropped), "name");  // clean, but here it is too long
  EXPECT_EQ(dropped.bytes, 2);
}

TEST_F(RecordingTest, AsWhomACallActedMayBeKnownLate) {
  {
    Recording recording = log_.open({.tool_name = "t", .principal = {.id = "before"}});
    recording.announce();
    recording.set_principal({.kind = PrincipalKind::kUser, .id = "after"});
    recording.succeed();
  }
  EXPECT_EQ(stored().principal->id, "after");
}

TEST_F(RecordingTest, BytesThatAreNotTextBecomeText) {
  {
    Recording recording = log_.open({.tool_name = "caf\xe9"});
    recording.fail({.error = "\xff\xfe\x01"});
  }
  EXPECT_TRUE(from_json(to_json(stored(), View::kAudit)));
}

TEST_F(RecordingTest, TextsAreKeptApartAndWithoutTheirSecrets) {
  {
    Recording recording = log_.open({.tool_name = "t"});
    recording.keep(ContentOf::kArguments, R"({"q":"x","token":"CANARY"})");
    recording.keep(ContentOf::kResult, R"({ "content": [] })");
    recording.keep(ContentOf::kTools, "[]");  // no script: there is no place for it
    recording.succeed();
  }
  const Record record = stored();
  const std::vector<Blob> blobs = written_->blobs();
  ASSERT_EQ(blobs.size(), 2U);
  EXPECT_EQ(blobs[0].bytes, R"({"q":"x","token":"[REDACTED]"})");
  EXPECT_EQ(blobs[1].bytes, R"({ "content": [] })");
  EXPECT_EQ(record.request.arguments_blob, blobs[0].digest);
  EXPECT_EQ(record.result.blob, blobs[1].digest);
  EXPECT_EQ(blobs[1].digest,
            "sha256:27158538ddfbbc394a2cfd27fb5c911b5f7cf2d62e129b332d8b50f61bf57b13");
  EXPECT_EQ(record.dropped.redactions, 1);
  EXPECT_EQ(record.dropped.contents, 0);
}

TEST_F(RecordingTest, DigestsAreTakenByTheWriterAndOfLongTextsAtOnce) {
  const auto digester = std::make_shared<const Digester>(Secret("key"));
  const std::string data = "\"" + std::string(kMaxDigestedLater, 'x') + "\"";
  {
    Recording recording = log_.open({.tool_name = "t"});
    recording.set_script({.hash = "sha256:" + std::string(64, 'a')});
    recording.digest(ContentOf::kArguments, R"({"a":1, "b":"CANARY"})", digester);
    recording.digest(ContentOf::kResult, R"({ "content": [] })", digester);
    EXPECT_EQ(recording.record().request.arguments_digest, "");
    recording.digest(ContentOf::kData, data, digester);
    EXPECT_EQ(recording.record().script->data_digest, digester->of(data));
    recording.succeed();
  }
  const Record record = stored();
  EXPECT_EQ(record.request.arguments_digest, digester->of(R"({"a":1,"b":"CANARY"})"));
  EXPECT_EQ(record.result.digest, digester->of(R"({ "content": [] })"));
  EXPECT_EQ(record.script->data_digest, digester->of(data));
  EXPECT_TRUE(written_->blobs().empty());
}

TEST_F(RecordingTest, ATextThatIsTooLongIsNotKept) {
  {
    Recording recording = log_.open({.tool_name = "t"});
    recording.keep(ContentOf::kResult, std::string(kMaxContentBytes + 1, 'x'));
    recording.succeed();
  }
  const Record record = stored();
  EXPECT_TRUE(written_->blobs().empty());
  EXPECT_EQ(record.result.blob, "");
  EXPECT_EQ(record.dropped.contents, 1);
}

// Every text of every kind of call has its cap.
TEST_F(RecordingTest, NoFieldOfACallIsLongerThanItsCap) {
  const std::string large(5000, 'x');
  std::size_t texts = 0;
  {
    Recording recording = log_.open({.tool_name = "t"});
    for (ApiCall::Details details :
         {ApiCall::Details(OpenApiCall{}), ApiCall::Details(PrometheusCall{}),
          ApiCall::Details(SlsCall{}), ApiCall::Details(KubectlCall{}),
          ApiCall::Details(KubeconfigCall{}), ApiCall::Details(EndpointCall{}),
          ApiCall::Details(McpCall{}), ApiCall::Details(HttpCall{})}) {
      const auto fill = [&]<class T>(std::string_view, T& value, const FieldRule&) {
        if constexpr (std::is_same_v<T, std::string>) value = large;
        if constexpr (std::is_same_v<T, std::vector<std::string>>) value.assign(20, large);
      };
      ApiCall call{.api = large, .details = std::move(details), .request_id = large};
      visit_fields(call, fill);
      std::visit([&](auto& kind) { visit_fields(kind, fill); }, call.details);
      recording.api_call(std::move(call));
    }
    recording.succeed();
  }
  const Record record = stored();
  const auto check = [&]<class T>(std::string_view name, const T& value, const FieldRule& rule) {
    if constexpr (std::is_same_v<T, std::string>) {
      EXPECT_LE(value.size(), rule.max_bytes) << name;
      ++texts;
    }
    if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      EXPECT_EQ(value.size(), kMaxListItems) << name;
      for (const std::string& item : value) EXPECT_LE(item.size(), rule.max_bytes) << name;
    }
  };
  for (const ApiCall& call : record.api_calls) {
    EXPECT_LE(call.api.size(), 128U);
    EXPECT_LE(call.request_id.size(), kMaxFieldBytes);
    visit_fields(call, check);
    std::visit([&](const auto& kind) { visit_fields(kind, check); }, call.details);
  }
  EXPECT_GT(texts, 50U);
  EXPECT_EQ(record.dropped.items, 8 * 12 + 12);  // retry_reasons of all, attempt_backends of one
  EXPECT_GT(record.dropped.bytes, 100'000);
  EXPECT_LE(to_json(record, View::kAudit).size(), kMaxRecordBytes);
  EXPECT_TRUE(from_json(to_json(record, View::kAudit)));
}

// While nothing is written, no more bytes wait than have room.
TEST(RecordingContents, ThatFindNoRoomAreCounted) {
  const auto written = std::make_shared<MemoryStore::Written>();
  written->refuse = true;
  Log log(std::make_unique<MemoryStore>(written),
          {.content_capacity = 1000, .retry = std::chrono::milliseconds(1)});
  for (int i = 0; i < 4; ++i) {
    Recording recording = log.open({.tool_name = "t"});
    recording.keep(ContentOf::kResult, std::string(400, 'x'));
    recording.succeed();
  }
  written->refuse = false;
  ASSERT_TRUE(log.flush(std::chrono::seconds(10)));
  EXPECT_EQ(written->blobs().size(), 2U);
  std::int64_t dropped = 0;
  for (const Record& record : written->records()) dropped += record.dropped.contents;
  EXPECT_EQ(dropped, 2);
  EXPECT_TRUE(log.take_room(1000));
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

TEST(CallId, Ac14AMillionFromSixteenThreadsAreDistinct) {
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
