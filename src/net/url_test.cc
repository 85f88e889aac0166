#include <gmock/gmock.h>

#include "net/http_client.h"

namespace larkspur::net {
namespace {

using testing::HasSubstr;

TEST(UrlTest, ReadsTheParts) {
  const auto url = Url::parse("HTTPS://Example.com:8443/mcp/v1?a=b");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->target, "/mcp/v1?a=b");
  EXPECT_EQ(url->origin(), "https://example.com:8443");
  EXPECT_EQ(url->host_header(), "example.com:8443");
}

TEST(UrlTest, FillsInTheDefaults) {
  const auto plain = Url::parse("http://localhost");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->port, "80");
  EXPECT_EQ(plain->target, "/");
  EXPECT_EQ(plain->host_header(), "localhost");
  EXPECT_EQ(Url::parse("https://a")->port, "443");
  EXPECT_EQ(Url::parse("http://a?x=1")->target, "/?x=1");
}

TEST(UrlTest, ReadsIPv6) {
  const auto url = Url::parse("http://[::1]:3000/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->host_header(), "[::1]:3000");
  EXPECT_EQ(url->origin(), "http://[::1]:3000");
}

TEST(UrlTest, RefusesWhatItDoesNotUnderstand) {
  for (const std::string_view text :
       {"", "localhost:80", "ftp://a/", "file:///etc/passwd", "http://", "http:///x", "http://a:0",
        "http://a:70000", "http://a:", "http://a:8x", "http://[::1", "http://[x]", "http://a b/",
        "http://a/\r\nX: y", "http://\xC3\xA4/", "http://a\\b/", "://a"}) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_THAT(Url::parse("ws://a/").error().message, HasSubstr("'ws://a/'"));
  EXPECT_THAT(Url::parse("http://a/#x").error().message, HasSubstr("fragment"));
}

TEST(UrlTest, NeverRepeatsCredentials) {
  const auto url = Url::parse("https://user:hunter2@a/");
  ASSERT_FALSE(url);
  EXPECT_THAT(url.error().message, testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace larkspur::net
