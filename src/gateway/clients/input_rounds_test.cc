#include "gateway/clients/input_rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larkspur::gateway {
namespace {

TEST(InputRounds, ReadsWhatIsAsked) {
  const auto read = read_input_required(
      R"({"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create",)"
      R"("params":{"n":1.0}},"b":{"method":"roots/list"}},"requestState":"s\n"})");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->questions.size(), 2u);
  EXPECT_EQ(read->questions[0].key, "a");
  EXPECT_EQ(read->questions[0].params, R"({"n":1.0})");
  EXPECT_EQ(read->questions[1].params, "{}");
  EXPECT_EQ(read->state, "s\n");
}

TEST(InputRounds, RefusesWhatNobodyMayAsk) {
  EXPECT_THAT(
      read_input_required(R"({"inputRequests":{"a":{"method":"tools/call"}}})").error().message,
      ::testing::HasSubstr("'tools/call'"));
  EXPECT_FALSE(read_input_required(R"({"inputRequests":{}})"));
  EXPECT_FALSE(read_input_required("[]"));
  EXPECT_TRUE(read_input_required(R"({"requestState":""})"));  // a state alone is enough
}

TEST(InputRounds, TheAnswersOfOneRoundReplaceThoseOfTheLast) {
  EXPECT_EQ(with_input(R"({"name":"x","inputResponses":{"a":{}},"requestState":"1"})", "", "2"),
            R"({"name":"x","requestState":"2"})");
  EXPECT_EQ(with_input(R"({"name":"x"})", R"({"b":{"n":1e3}})", std::nullopt),
            R"({"name":"x","inputResponses":{"b":{"n":1e3}}})");
}

TEST(InputRounds, TheStateIsReplacedAndNothingElse) {
  EXPECT_EQ(with_state(R"({"a":1.0,"requestState":"x","b":{}})", "y\""),
            R"({"a":1.0,"b":{},"requestState":"y\""})");
}

}  // namespace
}  // namespace larkspur::gateway
