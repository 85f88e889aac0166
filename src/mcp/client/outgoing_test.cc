#include "mcp/client/outgoing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larkspur::mcp {
namespace {

const Stamp kStamp({"test \"client\"", "1.0"});

std::string legacy(std::string_view params, std::string_view meta = "", bool progress = false) {
  return request_text(kStamp, {Era::kLegacy, 7, "tools/call", params, meta, progress});
}

TEST(Outgoing, SplicesLegacyRequests) {
  EXPECT_EQ(legacy(""), R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{}})");
  EXPECT_EQ(legacy(" { } "), R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{}})");
  EXPECT_EQ(
      legacy(R"({"name":"x","arguments":{"n":1.0}})"),
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":{"n":1.0}}})");
  EXPECT_EQ(legacy(R"({"name":"x"})", R"({"traceparent":"00-1"})", true),
            R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x",)"
            R"("_meta":{"progressToken":7,"traceparent":"00-1"}}})");
  EXPECT_EQ(legacy("", R"({"k":[1]})"),
            R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"k":[1]}}})");
}

TEST(Outgoing, StampsModernRequests) {
  EXPECT_EQ(
      request_text(kStamp, {Era::kModern, 1, "server/discover", "", "", false}),
      R"({"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{)"
      R"("io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
      R"("io.modelcontextprotocol/clientCapabilities":{},)"
      R"("io.modelcontextprotocol/clientInfo":{"name":"test \"client\"","version":"1.0"}}}})");
}

TEST(Outgoing, OurOwnKeysAreNotTheCallersToSet) {
  EXPECT_EQ(
      legacy("", R"({"progressToken":"stolen","a":1,"io.modelcontextprotocol/clientInfo":{}})"),
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"a":1}}})");
  EXPECT_EQ(legacy("", R"({"progressToken":1})"),
            R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{}})");
}

TEST(Outgoing, RefusesWhatIsNoObject) {
  EXPECT_EQ(legacy("[]"), "");
  EXPECT_EQ(legacy("{"), "");
  EXPECT_EQ(legacy("", "7"), "");
}

TEST(Outgoing, AnswersWithResultsAndErrors) {
  EXPECT_EQ(reply_text("0", "{}"), R"({"jsonrpc":"2.0","id":0,"result":{}})");
  EXPECT_EQ(reply_text("\"a\"", rpc_fail(-32601, "no")),
            R"({"jsonrpc":"2.0","id":"a","error":{"code":-32601,"message":"no"}})");
}

TEST(Outgoing, SaysWhatTheClientCanDoAndWantsToHear) {
  EXPECT_THAT(
      request_text(kStamp, {Era::kModern, 1, "x", "", "", true, R"({"roots":{}})", "info"}),
      ::testing::HasSubstr(R"("io.modelcontextprotocol/clientCapabilities":{"roots":{}},)"));
  EXPECT_THAT(
      request_text(kStamp, {Era::kModern, 1, "x", "", "", true, "", "info"}),
      ::testing::HasSubstr(R"(,"io.modelcontextprotocol/logLevel":"info","progressToken":1})"));
  EXPECT_EQ(request_text(kStamp, {Era::kLegacy, 1, "x", "", "", false, R"({"roots":{}})", "info"}),
            R"({"jsonrpc":"2.0","id":1,"method":"x","params":{}})");
}

TEST(Outgoing, CancelsByNumber) {
  EXPECT_EQ(
      cancelled_text(3, "why"),
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3,"reason":"why"}})");
}

TEST(Outgoing, EncodesHeaderValuesThatAreNotPlain) {
  EXPECT_EQ(header_value("get_weather"), "get_weather");
  EXPECT_EQ(header_value("a b"), "a b");
  EXPECT_EQ(header_value(" a"), "=?base64?IGE=?=");
  EXPECT_EQ(header_value("tab\there"), "=?base64?dGFiCWhlcmU=?=");
  EXPECT_EQ(header_value("\xc3\xa9t\xc3\xa9"), "=?base64?w6l0w6k=?=");
  EXPECT_EQ(header_value("a\r\nX: y"), "=?base64?YQ0KWDogeQ==?=");
  EXPECT_EQ(header_value("=?base64?YQ==?="), "=?base64?PT9iYXNlNjQ/WVE9PT89?=");
}

}  // namespace
}  // namespace larkspur::mcp
