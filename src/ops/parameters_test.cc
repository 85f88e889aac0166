#include "ops/parameters.h"

#include <gmock/gmock.h>

#include "json/value.h"

namespace larkspur::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Parameters kTable = {
    {.name = "cluster_id",
     .description = "which cluster",
     .required = true,
     .pattern = "c[a-z0-9]{4}"},
    {.name = "limit",
     .type = ParameterType::kInteger,
     .description = "how many",
     .fallback = "10",
     .min = 1,
     .max = 100},
    {.name = "follow", .type = ParameterType::kBoolean, .description = "wait"},
    {.name = "verbs",
     .type = ParameterType::kStrings,
     .description = "which",
     .choices = {"get", "list"}},
    {.name = "start_time",
     .type = ParameterType::kTime,
     .description = "from",
     .fallback = R"("24h")",
     .max_bytes = 8},
};

std::string problem(std::string_view json) {
  const auto arguments = Arguments::read(kTable, json);
  return arguments ? "none" : arguments.error().message;
}

TEST(Parameters, ReadsWhatIsThereAndFillsInTheDefaults) {
  const auto read = Arguments::read(
      kTable, R"({"cluster_id":"c0a1b","follow":true,"verbs":["get"],"limit":null})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text("cluster_id"), "c0a1b");
  EXPECT_EQ(read->integer("limit"), 10);
  EXPECT_TRUE(read->flag("follow"));
  EXPECT_THAT(read->strings("verbs"), ElementsAre("get"));
  EXPECT_EQ(read->text("start_time"), "24h");
}

TEST(Parameters, TakesListsAndTimesAsTextOfClientsThatOnlyKnowStrings) {
  const auto commas = Arguments::read(kTable, R"({"cluster_id":"c0a1b","verbs":"get, list"})");
  ASSERT_TRUE(commas);
  EXPECT_THAT(commas->strings("verbs"), ElementsAre("get", "list"));
  const auto array = Arguments::read(
      kTable, R"({"cluster_id":"c0a1b","verbs":"[\"list\"]","start_time":1704103200})");
  ASSERT_TRUE(array);
  EXPECT_THAT(array->strings("verbs"), ElementsAre("list"));
  EXPECT_EQ(array->text("start_time"), "1704103200");
  EXPECT_THAT(Arguments::read(kTable, R"({"cluster_id":"c0a1b"})")->strings("verbs"), IsEmpty());
}

TEST(Parameters, SaysWhatIsWrongAndWhatItTakes) {
  EXPECT_EQ(problem(""), "cluster_id: is required: which cluster");
  EXPECT_EQ(problem("[]"), "arguments: needs an object");
  EXPECT_THAT(problem("{"), HasSubstr("arguments: line 1"));
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b","limt":3})"),
            "limt: there is no such parameter; did you mean limit?");
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b","zzzzzz":3})"),
            "zzzzzz: there is no such parameter; the tool takes cluster_id, limit, follow, verbs, "
            "start_time");
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b\n; rm"})"),
            R"(cluster_id: 'c0a1b\x0a; rm' does not look like c[a-z0-9]{4})");
  EXPECT_EQ(problem(R"({"cluster_id":7})"), "cluster_id: needs a string");
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b","limit":0})"), "limit: 0 is out of range: 1 to 100");
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b","limit":"5"})"), "limit: needs an integer");
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b","follow":"yes"})"), "follow: needs true or false");
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b","verbs":["get","drop"]})"),
            "verbs: 'drop' is none of get, list");
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b","verbs":[1]})"), "verbs: needs an array of strings");
  EXPECT_THAT(problem(R"({"cluster_id":"c0a1b","verbs":"[1"})"),
              HasSubstr("verbs: not a JSON array of strings"));
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b","start_time":"123456789"})"),
            "start_time: 9 bytes, but at most 8 are taken");
  EXPECT_EQ(problem(R"({"cluster_id":"c0a1b","start_time":true})"),
            "start_time: needs a time: a string or a number");
}

TEST(Parameters, WritesTheSchemaOfTheTable) {
  const auto schema = json::Document::parse(input_schema(kTable));
  ASSERT_TRUE(schema);
  const json::Value properties = schema->root()["properties"];
  EXPECT_EQ(properties["cluster_id"]["pattern"].string(), "^(?:c[a-z0-9]{4})$");
  EXPECT_EQ(properties["limit"]["maximum"].integer(), 100);
  EXPECT_EQ(properties["limit"]["default"].integer(), 10);
  EXPECT_EQ(properties["verbs"]["items"]["enum"].size(), 2u);
  EXPECT_EQ(schema->root()["required"].size(), 1u);
  EXPECT_FALSE(schema->root()["additionalProperties"].boolean(true));
}

}  // namespace
}  // namespace larkspur::ops
