#include "mcp/auth/grant.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "base/form.h"
#include "mcp/auth/protected_resource.h"

namespace larkspur::mcp::auth {
namespace {

namespace fs = std::filesystem;

class GrantFile : public testing::Test {
 protected:
  GrantFile() {
    std::string name = testing::TempDir() + "grantXXXXXX";
    folder_ = ::mkdtemp(name.data());
    file_ = folder_ / "logins" / "far.json";
  }
  ~GrantFile() override { fs::remove_all(folder_); }

  fs::path folder_, file_;
};

TEST_F(GrantFile, ComesBackAsItWas) {
  const Grant grant{.issuer = "https://idp.example",
                    .token_endpoint = "https://idp.example/token",
                    .resource = "https://far.example/mcp",
                    .client = {.id = "c", .secret = "s", .auth = ClientAuth::kPost},
                    .scope = "a b",
                    .tokens = {.access_token = "at\"\\\n",
                               .refresh_token = "rt",
                               .expires = std::chrono::sys_seconds(std::chrono::seconds(7))},
                    .wanted_scope = "c"};
  ASSERT_TRUE(save_grant(file_, grant));
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(file_.parent_path()).permissions(), fs::perms::owner_all);
  const auto back = load_grant(file_);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->issuer, grant.issuer);
  EXPECT_EQ(back->token_endpoint, grant.token_endpoint);
  EXPECT_EQ(back->resource, grant.resource);
  EXPECT_EQ(back->client.secret, "s");
  EXPECT_EQ(back->client.auth, ClientAuth::kPost);
  EXPECT_EQ(back->tokens.access_token, grant.tokens.access_token);
  EXPECT_EQ(back->tokens.refresh_token, "rt");
  EXPECT_EQ(back->tokens.expires, grant.tokens.expires);
  EXPECT_EQ(back->wanted_scope, "c");
  EXPECT_EQ(std::distance(fs::directory_iterator(file_.parent_path()), {}), 1)
      << "no draft is left";
}

TEST_F(GrantFile, WhatCannotBeTrusted) {
  EXPECT_EQ(load_grant(file_).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(save_grant(file_, {}));
  fs::permissions(file_, fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(load_grant(file_).error().code, ErrorCode::kDenied);
  fs::permissions(file_, fs::perms::owner_all);
  std::ofstream(file_) << "{";
  EXPECT_EQ(load_grant(file_).error().code, ErrorCode::kParse);
  EXPECT_EQ(save_grant("/proc/nothing/far.json", {}).error().code, ErrorCode::kIo);
}

TEST(Scopes, AreJoinedWithoutDoubles) {
  EXPECT_EQ(join_scopes("a b", "b  c a"), "a b c");
  EXPECT_EQ(join_scopes("", " x "), "x");
  EXPECT_EQ(join_scopes("", ""), "");
}

TEST(Form, ThereAndBack) {
  EXPECT_EQ(to_form({{"a b", "c&d=é"}, {"e", ""}}), "a%20b=c%26d%3D%C3%A9&e=");
  const auto fields = from_form("a%20b=c%26d%3D%C3%A9&e=&plus=1+2&twice=1&twice=2&flag&x=%zz%4");
  EXPECT_EQ(fields.at("a b"), "c&d=é");
  EXPECT_EQ(fields.at("plus"), "1 2");
  EXPECT_EQ(fields.at("twice"), "1");
  EXPECT_EQ(fields.at("flag"), "");
  EXPECT_EQ(fields.at("x"), "%zz%4");
  EXPECT_EQ(with_query("https://a/x?y=1", {{"z", "2"}}), "https://a/x?y=1&z=2");
}

TEST(ClientAuth, IsWhatTheServerTakes) {
  EXPECT_EQ(choose_auth({}, true), ClientAuth::kBasic);
  EXPECT_EQ(choose_auth({"client_secret_post", "none"}, true), ClientAuth::kPost);
  EXPECT_EQ(choose_auth({"client_secret_post", "client_secret_basic"}, true), ClientAuth::kBasic);
  EXPECT_EQ(choose_auth({"none"}, true), ClientAuth::kNone);
  EXPECT_EQ(choose_auth({"client_secret_basic"}, false), ClientAuth::kNone);
}

TEST(ProtectedResource, SpeaksForItsOwnOriginAndPathOnly) {
  const auto url = *net::Url::parse("https://a.example/mcp/x?key=1");
  const auto speaks = [&](std::string_view resource) {
    return read_protected_resource(R"({"resource":")" + std::string(resource) +
                                       R"(","authorization_servers":["https://idp.example"]})",
                                   url)
        .has_value();
  };
  for (const char* good :
       {"https://a.example/mcp/x", "https://a.example/mcp", "https://a.example/mcp/",
        "https://a.example", "https://A.example:443/"}) {
    EXPECT_TRUE(speaks(good)) << good;
  }
  for (const char* bad :
       {"https://b.example/mcp/x", "http://a.example/mcp/x", "https://a.example/mc",
        "https://a.example/mcp/x/y", "https://a.example:8443/mcp/x", ""}) {
    EXPECT_FALSE(speaks(bad)) << bad;
  }
  EXPECT_FALSE(read_protected_resource(R"({"resource":"https://a.example"})", url));
}

}  // namespace
}  // namespace larkspur::mcp::auth
