#include "mcp/auth/server_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larkspur::mcp::auth {
namespace {

using testing::ElementsAre;

TEST(ServerMetadata, WhereToLookForAnIssuerWithoutAPath) {
  EXPECT_THAT(metadata_urls(*net::Url::parse("https://idp.example")),
              ElementsAre("https://idp.example:443/.well-known/oauth-authorization-server",
                          "https://idp.example:443/.well-known/openid-configuration"));
}

TEST(ServerMetadata, WhereToLookForAnIssuerWithAPath) {
  EXPECT_THAT(metadata_urls(*net::Url::parse("https://idp.example/tenant1")),
              ElementsAre("https://idp.example:443/.well-known/oauth-authorization-server/tenant1",
                          "https://idp.example:443/.well-known/openid-configuration/tenant1",
                          "https://idp.example:443/tenant1/.well-known/openid-configuration"));
}

TEST(ServerMetadata, TheDocumentMustBeOfTheIssuerThatWasAsked) {
  const auto mine =
      read_metadata(R"({"issuer":"https://a.example","token_endpoint":"https://a.example/t",)"
                    R"("scopes_supported":["x",7,"y"]})",
                    "https://a.example");
  ASSERT_TRUE(mine) << mine.error().message;
  EXPECT_EQ(mine->token_endpoint, "https://a.example/t");
  EXPECT_THAT(mine->scopes, ElementsAre("x", "y"));
  for (const char* other : {R"({"issuer":"https://a.example/"})", "{}", "[]", "<html>",
                            R"({"issuer":"https://A.example"})"}) {
    EXPECT_FALSE(read_metadata(other, "https://a.example")) << other;
  }
}

TEST(ServerMetadata, SecretsTravelOverTlsOrStayOnThisMachine) {
  EXPECT_TRUE(safe_url("https://idp.example/x"));
  EXPECT_TRUE(safe_url("http://localhost:8080/x"));
  EXPECT_TRUE(safe_url("http://127.0.0.1:1/"));
  EXPECT_TRUE(safe_url("http://[::1]/"));
  EXPECT_FALSE(safe_url("http://idp.example/x"));
  EXPECT_FALSE(safe_url("http://localhost.evil.example/"));
  EXPECT_FALSE(safe_url("http://127.evil.example/"));
  EXPECT_FALSE(safe_url("ftp://idp.example/x"));
}

}  // namespace
}  // namespace larkspur::mcp::auth
