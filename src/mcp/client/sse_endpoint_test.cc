#include "mcp/client/sse_endpoint.h"

#include <gtest/gtest.h>

namespace larkspur::mcp {
namespace {

TEST(SseEndpoint, IsResolvedLikeAnyReference) {
  const net::Url stream = *net::Url::parse("https://a.example/b/c/sse?key=1");
  const auto target = [&](std::string_view reference) {
    const auto url = resolve_endpoint(stream, reference);
    return url ? url->target : url.error().message;
  };
  EXPECT_EQ(target("/message?sessionId=7"), "/message?sessionId=7");
  EXPECT_EQ(target(" /message#part\r"), "/message");
  EXPECT_EQ(target("message?s=a/../b"), "/b/c/message?s=a/../b");
  EXPECT_EQ(target("?s=7"), "/b/c/sse?s=7");
  EXPECT_EQ(target("../m"), "/b/m");
  EXPECT_EQ(target("./m/."), "/b/c/m/");
  EXPECT_EQ(target("../../../../m/.."), "/");
  EXPECT_EQ(target("https://A.example:443/m"), "/m");
  EXPECT_EQ(target("//a.example/m"), "/m");
  EXPECT_EQ(target("/m?next=http://x/"), "/m?next=http://x/");
}

TEST(SseEndpoint, StaysOnTheServerThatSaidIt) {
  const net::Url stream = *net::Url::parse("https://a.example/sse");
  for (const std::string_view reference :
       {"https://b.example/m", "http://a.example/m", "https://a.example:8443/m", "//b.example/m",
        "https://a.example@b.example/m", "javascript:alert(1)", "file:///m", "/a b", "/a\nb",
        "/\xc3\xa9", "https:/m", ":"}) {
    const auto url = resolve_endpoint(stream, reference);
    ASSERT_FALSE(url) << reference << " -> " << url->origin() << url->target;
    EXPECT_EQ(url.error().code, ErrorCode::kProtocol);
  }
}

}  // namespace
}  // namespace larkspur::mcp
