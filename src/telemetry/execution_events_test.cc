#include "telemetry/execution_events.h"

#include <gtest/gtest.h>

#include "json/value.h"
#include "telemetry/test_support.h"

namespace larkspur::telemetry {
namespace {

execlog::Record record(std::string id) {
  execlog::Record record;
  record.tool_call_id = std::move(id);
  record.tool_name = "read_file";
  record.start_time = 1'763'624'189'123;
  record.end_time = record.start_time + 5;
  record.duration_ms = 5;
  record.status = execlog::Status::kSuccess;
  record.trace_id = "0af7651916cd43dd8448eb211c80319c";
  record.span_id = "b7ad6b7169203331";
  return record;
}

TEST(ExecutionEvents, EveryRecordBecomesOneInTheTraceOfItsCall) {
  Observatory seen;
  execlog::Record failed = record("b");
  failed.status = execlog::Status::kTimeout;
  failed.error = "canary";
  failed.metadata = execlog::Metadata{.error_type = "timeout",
                                      .error_code = "timeout",
                                      .failure_stage = execlog::FailureStage::kBackendCall};
  failed.messages = {"canary"};
  failed.warnings = {"canary"};
  failed.metadata->further = {{"hint", "canary"}};
  failed.api_calls.push_back({.api = "KubectlCommand",
                              .details = execlog::KubectlCall{.command = "get canary"},
                              .error = "canary"});
  failed.trace_id = {};
  failed.span_id = {};
  {
    ExecutionEvents events(*seen.providers->log_records());
    events.push(record("a"));
    events.push(std::move(failed));
    events.flush();
    EXPECT_EQ(events.dropped(), 0U);
  }
  const std::vector<SeenLog> logs = seen.take_logs();
  ASSERT_EQ(logs.size(), 2U);
  const auto body = json::Document::parse(logs[0].body);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->root()["tool_call_id"].string(), "a");
  EXPECT_EQ(logs[0].trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(logs[0].span_id, "b7ad6b7169203331");
  EXPECT_EQ(logs[0].event, "mcp.tool.execution");
  EXPECT_EQ(logs[0].severity, 9);
  EXPECT_EQ(logs[0].attributes.at("event.name"), "mcp.tool.execution");
  EXPECT_EQ(logs[0].attributes.at("gen_ai.tool.name"), "read_file");
  EXPECT_EQ(logs[0].attributes.count("error.type"), 0U);
  EXPECT_FALSE(logs[1].body.contains("canary")) << logs[1].body;
  EXPECT_EQ(logs[1].attributes.at("error.type"), "timeout");
  EXPECT_EQ(logs[1].attributes.at("execution_log.failure_stage"), "backend_call");
  EXPECT_EQ(logs[1].trace_id, "");
}

TEST(ExecutionEvents, ANameThatNobodyHasIsOther) {
  Observatory seen;
  ExecutionEvents events(*seen.providers->log_records());
  execlog::Record unknown = record("canary_larkspur_1-2");
  unknown.tool_name = "canary";
  unknown.metadata = execlog::Metadata{.error_type = "not_found", .error_code = "not_found"};
  events.push(std::move(unknown));
  events.flush();
  const std::vector<SeenLog> logs = seen.take_logs();
  ASSERT_EQ(logs.size(), 1U);
  EXPECT_FALSE(logs[0].body.contains("canary"));
  EXPECT_EQ(logs[0].attributes.at("gen_ai.tool.name"), "_OTHER");
  EXPECT_EQ(logs[0].attributes.at("execution_log.tool_call_id"), "_OTHER_larkspur_1-2");
}

TEST(ExecutionEvents, AFullQueueDropsAndCounts) {
  Observatory seen;
  ExecutionEvents events(*seen.providers->log_records(), 0);
  events.push(record("a"));
  events.flush();
  EXPECT_EQ(events.dropped(), 1U);
  EXPECT_TRUE(seen.take_logs().empty());
}

}  // namespace
}  // namespace larkspur::telemetry
