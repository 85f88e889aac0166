#include "call/output.h"

#include <gtest/gtest.h>

#include "json/value.h"

namespace larkspur::call {
namespace {

json::Document parsed(const CallResult& result) {
  auto document = json::Document::parse(result.json);
  EXPECT_TRUE(document) << result.json;
  return document ? std::move(*document) : json::Document();
}

TEST(Output, HasDataAndWords) {
  Output output;
  output.data().key("nodes").integer(3);
  output.text("3 nodes").text("none is down");
  const CallResult result = output.take();
  EXPECT_FALSE(result.is_error);
  EXPECT_EQ(
      result.json,
      R"({"content":[{"type":"text","text":"3 nodes"},{"type":"text","text":"none is down"}],"structuredContent":{"nodes":3}})");
}

TEST(Output, SaysItsDataAsTextWhereNothingElseIsSaid) {
  Output output;
  output.data().key("nodes").integer(3);
  const json::Document result = parsed(output.take());
  EXPECT_EQ(result.root()["content"].size(), 1u);
  EXPECT_EQ((*result.root()["content"].elements().begin())["text"].string(), R"({"nodes":3})");
}

TEST(Output, AFailureKeepsWhatWasFoundBefore) {
  Output output;
  output.data().key("nodes").integer(3);
  output.error({"timeout", "the cluster did not answer within 5 s"});
  const CallResult result = output.take();
  EXPECT_TRUE(result.is_error);
  const json::Document document = parsed(result);
  EXPECT_TRUE(document.root()["isError"].boolean());
  const json::Value data = document.root()["structuredContent"];
  EXPECT_EQ(data["nodes"].integer(), 3);
  EXPECT_EQ(data["error"]["type"].string(), "timeout");
  EXPECT_EQ((*document.root()["content"].elements().begin())["text"].string(),
            "the cluster did not answer within 5 s");
}

TEST(OutputSchema, DescribesTheErrorThatEveryToolMayHave) {
  const auto schema = json::Document::parse(output_schema(R"({"nodes":{"type":"integer"}})"));
  ASSERT_TRUE(schema);
  EXPECT_EQ(schema->root()["properties"]["nodes"]["type"].string(), "integer");
  EXPECT_EQ(schema->root()["properties"]["error"]["required"].size(), 2u);
  EXPECT_FALSE(schema->root()["required"].exists());
  EXPECT_EQ(output_schema(R"({"error":{"type":"null"}})"),
            R"({"type":"object","properties":{"error":{"type":"null"}}})");
}

}  // namespace
}  // namespace larkspur::call
