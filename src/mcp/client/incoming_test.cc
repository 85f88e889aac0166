#include "mcp/client/incoming.h"

#include <gtest/gtest.h>

namespace larkspur::mcp {
namespace {

TEST(Incoming, TellsTheKindsApart) {
  const auto result = read_incoming(R"({"jsonrpc":"2.0","id":7,"result":{"a": 1.0}})");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->kind, Incoming::Kind::kResult);
  EXPECT_EQ(as_number(result->id), 7);
  EXPECT_EQ(result->result, R"({"a": 1.0})");

  const auto error = read_incoming(
      R"({"id":"x","error":{"code":-32022,"message":"no","data":{"supported":[]}},"jsonrpc":"2.0"})");
  ASSERT_TRUE(error) << error.error().message;
  EXPECT_EQ(error->kind, Incoming::Kind::kError);
  EXPECT_EQ(error->error.code, rpc::kUnsupportedVersion);
  EXPECT_EQ(error->error.message, "no");
  EXPECT_EQ(error->error.data, R"({"supported":[]})");
  EXPECT_EQ(as_number(error->id), std::nullopt);

  const auto request = read_incoming(R"({"jsonrpc":"2.0","id":0,"method":"roots\/list"})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->kind, Incoming::Kind::kRequest);
  EXPECT_EQ(request->method, "roots/list");
  EXPECT_EQ(request->id, "0");
  EXPECT_EQ(request->params, "{}");

  const auto note = read_incoming(R"({"jsonrpc":"2.0","method":"m","params":{"x":[]}})");
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(note->kind, Incoming::Kind::kNotification);
  EXPECT_EQ(note->params, R"({"x":[]})");
}

TEST(Incoming, AnErrorMayHaveNoId) {
  const auto error =
      read_incoming(R"({"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}})");
  ASSERT_TRUE(error) << error.error().message;
  EXPECT_EQ(error->id, "");
}

TEST(Incoming, RefusesWhatIsNoMessage) {
  for (const char* text : {
           "Server listening on port 3000",
           "",
           "[]",
           R"({"level":"info","msg":"started"})",
           R"({"jsonrpc":"1.0","id":1,"result":{}})",
           R"({"jsonrpc":"2.0","id":null,"result":{}})",
           R"({"jsonrpc":"2.0","id":{},"method":"m"})",
           R"({"jsonrpc":"2.0","method":7})",
           R"({"jsonrpc":"2.0","method":"m","params":[]})",
           R"({"jsonrpc":"2.0","id":1,"result":{"a":tru}})",
       }) {
    EXPECT_FALSE(read_incoming(text)) << text;
  }
}

TEST(Incoming, AnAnswerThatIsWrongStillAnswersItsRequest) {
  for (const char* text : {
           R"({"jsonrpc":"2.0","id":1})",
           R"({"jsonrpc":"2.0","id":1,"result":[]})",
           R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}})",
           R"({"jsonrpc":"2.0","id":1,"error":{"message":"no code"}})",
           R"({"jsonrpc":"2.0","id":1,"error":"text"})",
       }) {
    const auto message = read_incoming(text);
    ASSERT_TRUE(message) << text;
    EXPECT_EQ(message->kind, Incoming::Kind::kBroken) << text;
    EXPECT_EQ(message->id, "1");
    EXPECT_EQ(message->problem.code, ErrorCode::kProtocol);
  }
}

TEST(Incoming, OurIdsAreIntegersHoweverTheyAreSpelled) {
  for (const char* raw : {"12", "12.0", "120e-1", "1.2E1", "0.12e+2"})
    EXPECT_EQ(as_number(raw), 12);
  EXPECT_EQ(as_number("-0"), 0);
  EXPECT_EQ(as_number("9007199254740993"), 9'007'199'254'740'993);
  for (const char* raw :
       {"\"12\"", "12.5", "", "12 ", "1e400", "9007199254740993.0", "null", "nan"})
    EXPECT_EQ(as_number(raw), std::nullopt) << raw;
  const auto error =
      read_incoming(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601.0,"message":"no"}})");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error.code, rpc::kMethodNotFound);
}

TEST(Incoming, KeepsThePartInPlace) {
  for (std::string text : {std::string("[abc]"), "[" + std::string(1000, 'x') + "]"}) {
    const std::string expected = text.substr(1, text.size() - 2);
    keep_only(text, std::string_view(text).substr(1, text.size() - 2));
    EXPECT_EQ(text, expected);
  }
}

TEST(Incoming, TakesAMemberOut) {
  EXPECT_EQ(without_member(R"({"a":1, "progressToken" : "x","b":1.50})", "progressToken"),
            R"({"a":1,"b":1.50})");
  EXPECT_EQ(without_member(R"({ "a":1 })", "b"), R"({ "a":1 })");
}

TEST(Incoming, FindsTheResultType) {
  EXPECT_EQ(result_type(R"({"content":[]})"), "complete");
  EXPECT_EQ(result_type(R"({"content":[],"resultType":"complete"})"), "complete");
  EXPECT_EQ(result_type(R"({"resultType": "complete"})"), "complete");
  EXPECT_EQ(result_type(R"({"resultType":"input_required"})"), "input_required");
  EXPECT_EQ(result_type(R"({"\u0072esultType":"input\u005frequired"})"), "input_required");
  EXPECT_EQ(result_type(R"({"text":"\u00fc"})"), "complete");
  // Not the outermost one.
  EXPECT_EQ(result_type(R"({"structuredContent":{"resultType":"mine"}})"), "complete");
  EXPECT_EQ(result_type(R"({"a":{"resultType":"complete"},"resultType":"task"})"), "task");
  EXPECT_EQ(result_type(R"({"text":"\"resultType\":\"task\""})"), "complete");
}

TEST(Incoming, QuotesWhatServersSay) {
  EXPECT_EQ(quoted("a\x1b[31mb\n"), R"("a\x1b[31mb\x0a")");
  EXPECT_EQ(quoted("abcdef", 3), "\"abc...\"");
}

}  // namespace
}  // namespace larkspur::mcp
