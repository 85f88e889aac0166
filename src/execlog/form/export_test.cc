#include "execlog/form/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "execlog/form/markdown.h"
#include "json/value.h"

namespace larkspur::execlog {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Record record() {
  Record record;
  record.tool_call_id = "get_github_1763624189123-00000001";
  record.tool_name = "=get \"all\"";
  record.start_time = 1'763'624'189'123;
  record.end_time = record.start_time + 5;
  record.duration_ms = 5;
  record.status = Status::kFailed;
  record.error = "no `answer`\n# from, it";
  record.metadata = Metadata{.error_type = "timeout", .failure_stage = FailureStage::kBackendCall};
  record.api_calls.push_back(
      {.api = "tools/call",
       .details = McpCall{.backend = "github", .tool = "get", .is_error = true}});
  record.trace_id = "0af7651916cd43dd8448eb211c80319c";
  return record;
}

TEST(Export, CsvQuotesAndDefusesFormulas) {
  EXPECT_EQ(
      to_csv(record()),
      "\"2025-11-20T07:36:29.123Z\",\"get_github_1763624189123-00000001\",\"'=get \"\"all\"\"\","
      "\"failed\",5,\"no `answer`\n# from, it\",\"backend_call\",\"\",\"\",\"\",\"\",1,,"
      "\"0af7651916cd43dd8448eb211c80319c\",\"\"\r\n");
  const std::string header = kCsvHeader;
  EXPECT_EQ(std::ranges::count(header, ','), 14);
}

TEST(Export, OtlpIsALogRecordWhoseBodyIsTheRecord) {
  const auto document = json::Document::parse(to_otlp(record()));
  ASSERT_TRUE(document);
  const auto first = [](json::Value list) { return *list.elements().begin(); };
  const json::Value scope = first(first(document->root()["resourceLogs"])["scopeLogs"]);
  const json::Value log = first(scope["logRecords"]);
  EXPECT_EQ(log["eventName"].string(), "mcp.tool.execution");
  EXPECT_EQ(log["timeUnixNano"].string(), "1763624189128000000");
  EXPECT_EQ(log["severityNumber"].integer(), 17);
  EXPECT_EQ(log["traceId"].string(), "0af7651916cd43dd8448eb211c80319c");
  bool found = false;
  for (const json::Value member : log["body"]["kvlistValue"]["values"].elements()) {
    if (member["key"].string() == "duration_ms") {
      EXPECT_EQ(member["value"]["intValue"].string(), "5");
      found = true;
    }
  }
  EXPECT_TRUE(found);
}

TEST(Export, SeveritySaysHowBadItWas) {
  Record some;
  some.status = Status::kSuccess;
  EXPECT_EQ(severity_of(some), 9);
  some.warnings = {"slow"};
  EXPECT_EQ(severity_of(some), 13);
  some.status = Status::kDenied;
  EXPECT_EQ(severity_of(some), 13);
  some.status = Status::kTimeout;
  EXPECT_EQ(severity_of(some), 17);
}

TEST(Markdown, SaysWhatHappenedAndCannotBeBrokenOutOf) {
  Tree tree{.record = record(), .children = {}, .cut = false};
  Record inner = record();
  inner.place = "3/7";
  tree.children.push_back({.record = inner, .children = {}, .cut = false});
  const std::string text = render_markdown(tree);
  EXPECT_THAT(text, HasSubstr("# `=get \"all\"`: failed\n"));
  EXPECT_THAT(text, HasSubstr("- id: `get_github_1763624189123-00000001`\n"));
  EXPECT_THAT(text, HasSubstr("- error: `no 'answer'\\x0a# from, it`\n"));
  EXPECT_THAT(text, HasSubstr("- called mcp `tools/call` `get at github`, success, 0 ms\n"));
  EXPECT_THAT(text, HasSubstr("\n- 3/7 `=get \"all\"`: failed, 5 ms, id `"));
  EXPECT_THAT(text, HasSubstr("\n  - error: "));
  EXPECT_THAT(text, Not(HasSubstr("\n# from")));
}

TEST(Markdown, IsBoundedAndSaysWhatIsLeftOut) {
  Tree tree{.record = record(), .children = {}, .cut = false};
  for (int i = 0; i < 1000; ++i)
    tree.children.push_back({.record = record(), .children = {}, .cut = false});
  const std::string text = render_markdown(tree, 10'000);
  EXPECT_LE(text.size(), 10'100U);
  EXPECT_THAT(text, HasSubstr(" lines elided)"));
}

}  // namespace
}  // namespace larkspur::execlog
