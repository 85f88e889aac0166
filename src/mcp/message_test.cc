#include "mcp/message.h"

#include <gtest/gtest.h>

namespace larkspur::mcp {
namespace {

struct Refused {
  const char* text;
  int code;
  const char* id;
  const char* says;
};

TEST(ParseMessage, TellsRequestsNotificationsAndResponsesApart) {
  const auto request =
      parse_message(R"({"jsonrpc":"2.0","id":0,"method":"tools\/call","params":{"name":"x"}})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, Message::Kind::kRequest);
  EXPECT_EQ(request->id, "0");
  EXPECT_EQ(request->method, "tools/call");
  EXPECT_EQ(request->params["name"].string(), "x");

  const auto notification =
      parse_message(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  ASSERT_TRUE(notification);
  EXPECT_EQ(notification->kind, Message::Kind::kNotification);
  EXPECT_FALSE(notification->params.exists());

  for (const char* text : {R"({"jsonrpc":"2.0","id":"a","result":{}})",
                           R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}})",
                           R"({"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}})",
                           R"({"jsonrpc":"2.0","error":{"code":1,"message":""}})"}) {
    const auto response = parse_message(text);
    ASSERT_TRUE(response) << text;
    EXPECT_EQ(response->kind, Message::Kind::kResponse) << text;
  }
}

TEST(ParseMessage, IdsKeepTheirTypeAndCompareAsText) {
  const auto id_of = [](std::string_view id) {
    const auto message =
        parse_message(R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":"ping"})");
    return message ? message->id : message.error().error.message;
  };
  EXPECT_EQ(id_of("1795151597053"), "1795151597053");
  EXPECT_EQ(id_of("9223372036854775808"), "9223372036854775808");
  EXPECT_EQ(id_of("\"1\""), "\"1\"");
  EXPECT_EQ(id_of("-7"), "-7");
  EXPECT_EQ(id_of(R"("\u0061b\/")"), R"("ab/")");
  EXPECT_EQ(id_of("\"\""), "\"\"");
}

TEST(ParseMessage, RefusesEverythingElseByName) {
  const Refused table[] = {
      {"", rpc::kParseError, "null", "line 1, column 1"},
      {"{\"jsonrpc\":", rpc::kParseError, "null", "expected a value"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping"}{})", rpc::kParseError, "null",
       "end of the text"},
      {R"({"jsonrpc":"2.0","id":1,"id":2,"method":"ping"})", rpc::kParseError, "null", "twice"},
      {"\"\xFF\"", rpc::kParseError, "null", "UTF-8"},
      {"[]", rpc::kInvalidRequest, "null", "batches"},
      {R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", rpc::kInvalidRequest, "null", "batches"},
      {"7", rpc::kInvalidRequest, "null", "object"},
      {"{}", rpc::kInvalidRequest, "null", "jsonrpc"},
      {R"({"id":1,"method":"ping"})", rpc::kInvalidRequest, "1", "jsonrpc"},
      {R"({"jsonrpc":"1.0","id":1,"method":"ping"})", rpc::kInvalidRequest, "1", "jsonrpc"},
      {R"({"jsonrpc":2.0,"id":1,"method":"ping"})", rpc::kInvalidRequest, "1", "jsonrpc"},
      {R"({"jsonrpc":"2.0","id":null,"method":"ping"})", rpc::kInvalidRequest, "null", "\"id\""},
      {R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})", rpc::kInvalidRequest, "null", "\"id\""},
      {R"({"jsonrpc":"2.0","id":1e3,"method":"ping"})", rpc::kInvalidRequest, "null", "\"id\""},
      {R"({"jsonrpc":"2.0","id":[1],"method":"ping"})", rpc::kInvalidRequest, "null", "\"id\""},
      {R"({"jsonrpc":"2.0","id":true,"method":"ping"})", rpc::kInvalidRequest, "null", "\"id\""},
      {R"({"jsonrpc":"2.0","id":1,"method":7})", rpc::kInvalidRequest, "1", "method"},
      {R"({"jsonrpc":"2.0","id":1})", rpc::kInvalidRequest, "1", "method"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})", rpc::kInvalidRequest, "1",
       "params"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","params":null})", rpc::kInvalidRequest, "1",
       "params"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","result":{}})", rpc::kInvalidRequest, "1",
       "neither"},
      {R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})", rpc::kInvalidRequest, "1", "not both"},
      {R"({"jsonrpc":"2.0","result":{}})", rpc::kInvalidRequest, "null", "needs an"},
      {R"({"jsonrpc":"2.0","id":null,"result":{}})", rpc::kInvalidRequest, "null", "\"id\""},
  };
  for (const Refused& row : table) {
    const auto message = parse_message(row.text);
    ASSERT_FALSE(message) << row.text;
    EXPECT_EQ(message.error().error.code, row.code) << row.text;
    EXPECT_EQ(message.error().id, row.id) << row.text;
    EXPECT_NE(message.error().error.message.find(row.says), std::string::npos)
        << row.text << " -> " << message.error().error.message;
  }
}

TEST(Messages, SpliceWhatTheyAreGiven) {
  EXPECT_EQ(result_message("\"a\"", R"({"n": 1.0})"),
            R"({"jsonrpc":"2.0","id":"a","result":{"n": 1.0}})");
  EXPECT_EQ(
      error_message("7", {-32602, "no \"x\"", R"({"uri":"u"})"}),
      R"({"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"no \"x\"","data":{"uri":"u"}}})");
  EXPECT_EQ(error_message("null", {-32700, "m", ""}),
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}})");
  EXPECT_EQ(notification_message("notifications/x", ""),
            R"({"jsonrpc":"2.0","method":"notifications/x"})");
  EXPECT_EQ(notification_message("n", "{}"), R"({"jsonrpc":"2.0","method":"n","params":{}})");
}

TEST(Messages, LaidOutJsonGoesOnOneLine) {
  EXPECT_EQ(on_one_line("{\r\n \"a\":\n1}"), "{   \"a\": 1}");
  EXPECT_EQ(on_one_line(R"({"a":"\n"})"), R"({"a":"\n"})");
}

}  // namespace
}  // namespace larkspur::mcp
