#include "gateway/clients/request_meta.h"

#include <gtest/gtest.h>

namespace larkspur::gateway {
namespace {

json::Document parse(std::string text) {
  return std::move(*json::Document::parse(std::move(text)));
}

TEST(RequestMeta, ForwardsOnlyWhatTheProtocolDoesNotOwn) {
  const auto document = parse(R"({"progressToken":0,"io.modelcontextprotocol/clientInfo":{},
    "com.mcp.tools/x":1,"com.example/tenant":{"id":1.0},"baggage":"a=b","traceparent":"x","mcp":2})");
  EXPECT_EQ(forwarded_meta(document.root()),
            R"({"com.example/tenant":{"id":1.0},"baggage":"a=b","mcp":2})");
  EXPECT_EQ(forwarded_meta(parse(R"({"progressToken":1})").root()), "");
  EXPECT_EQ(forwarded_meta({}), "");
}

TEST(RequestMeta, OurTraceContextTakesThePlaceOfTheClients) {
  const auto document = parse(
      R"({"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"v=1"})");
  const call::TraceContext trace = trace_from_meta(document.root());
  ASSERT_TRUE(trace.valid());
  EXPECT_EQ(
      meta_with_trace(R"({"k":1})", trace),
      R"({"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"v=1","k":1})");
  EXPECT_EQ(meta_with_trace(R"({"k":1})", {}), R"({"k":1})");
  EXPECT_FALSE(trace_from_meta(parse(R"({"traceparent":7})").root()).valid());
}

}  // namespace
}  // namespace larkspur::gateway
