#include "mcp/auth/resource_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "base/random.h"
#include "json/value.h"
#include "mcp/auth/testing.h"
#include "net/testing.h"

namespace larkspur::mcp::auth {
namespace {

constexpr std::string_view kResource = "https://mcp.example/mcp";

// An authorization server: its metadata and its keys, which the test may change.
class FakeIssuer {
 public:
  FakeIssuer()
      : server_([this](net::HttpRequest& request, net::HttpResponder& responder) {
          return answer(request, responder);
        }) {}

  std::string url() { return server_.url(""); }
  void set_keys(std::string keys) {
    const std::lock_guard lock(mutex_);
    keys_ = std::move(keys);
  }
  void set_down(bool down) { down_ = down; }
  int key_requests() const { return key_requests_; }

 private:
  Async<void> answer(net::HttpRequest& request, net::HttpResponder& responder) {
    net::HttpResponse response{404, {{"Content-Type", "application/json"}}, "{}"};
    if (down_) {
      response.status = 503;
    } else if (request.target == "/.well-known/openid-configuration") {
      response.status = 200;
      response.body = fmt::format(R"({{"issuer":"{0}","jwks_uri":"{0}/keys"}})", url());
    } else if (request.target == "/keys") {
      ++key_requests_;
      const std::lock_guard lock(mutex_);
      response.status = 200;
      response.body = keys_;
    }
    co_await responder.send(std::move(response));
  }

  std::mutex mutex_;
  std::string keys_;
  std::atomic<bool> down_ = false;
  std::atomic<int> key_requests_ = 0;
  net::TestServer server_;
};

class ResourceServerTest : public testing::Test {
 protected:
  ResourceServerTest() {
    issuer_.set_keys(key_.set());
    options_.resource = kResource;
    options_.issuers.push_back({.issuer = issuer_.url()});
    options_.report = [this](std::string_view line) { reported_ += line; };
  }

  // Its HTTP client ends on the loop where it lives.
  void TearDown() override {
    const auto end = [this]() -> Async<void> {
      server_.reset();
      co_return;
    };
    loops_.run(end());
  }

  std::string claims(std::string_view more = "", std::string_view audience = kResource) {
    return fmt::format(R"({{"iss":"{}","aud":"{}","sub":"ada","exp":{}{}}})", issuer_.url(),
                       audience, std::time(nullptr) + 600, more);
  }
  std::expected<Identity, Challenge> ask(net::Headers headers) {
    if (!server_) server_ = std::make_unique<ResourceServer>(options_);
    request_.headers = std::move(headers);
    return loops_.run(server_->authenticate(request_));
  }
  std::expected<Identity, Challenge> ask(const std::string& token) {
    return ask(net::Headers{{"Authorization", "Bearer " + token}});
  }
  std::string refusal(const std::string& token) {
    const auto identity = ask(token);
    EXPECT_FALSE(identity);
    if (identity) return {};
    EXPECT_EQ(identity.error().status, 401);
    EXPECT_TRUE(identity.error().www_authenticate.contains("error=\"invalid_token\""));
    return identity.error().message;
  }

  FakeIssuer issuer_;
  TestKey key_;
  ResourceServerOptions options_;
  std::string reported_;
  net::HttpRequest request_;
  net::BackgroundLoops loops_;
  std::unique_ptr<ResourceServer> server_;
};

TEST_F(ResourceServerTest, AGoodTokenNamesThePrincipal) {
  const auto identity = ask(key_.sign(claims(R"(,"scope":"mcp ops")")));
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->principal, "ada");
  EXPECT_EQ(identity->issuer, issuer_.url());
  EXPECT_EQ(identity->scopes, (std::vector<std::string>{"mcp", "ops"}));
}

TEST_F(ResourceServerTest, TheKeysAreFetchedOnce) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(key_.sign(claims())));
  EXPECT_EQ(issuer_.key_requests(), 1);
}

TEST_F(ResourceServerTest, WithoutCredentialsItSaysWhereToGetThem) {
  options_.scopes = {"mcp", "ops"};
  const auto identity = ask(net::Headers{});
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().status, 401);
  EXPECT_EQ(identity.error().www_authenticate,
            "Bearer resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/"
            "mcp\", scope=\"mcp ops\"");
  EXPECT_EQ(ask(net::Headers{{"Authorization", "Basic YTpi"}}).error().status, 401);
}

TEST_F(ResourceServerTest, ForgeriesAreRefused) {
  const TestKey stranger;
  const std::string good = key_.sign(claims());
  EXPECT_TRUE(refusal(stranger.sign(claims())).contains("signature"));
  EXPECT_TRUE(refusal(key_.sign(claims("", "https://other.example/mcp"))).contains("audience"));
  std::string unsigned_token =
      to_base64url(R"({"alg":"none"})") + "." + to_base64url(claims()) + ".";
  EXPECT_TRUE(refusal(unsigned_token).contains("algorithm"));
  EXPECT_TRUE(refusal(key_.sign(claims(), R"({"alg":"HS256","kid":"k1"})")).contains("algorithm"));
  EXPECT_TRUE(
      refusal(key_.sign(R"({"iss":"https://evil.example","exp":9999999999})")).contains("issuer"));
  EXPECT_TRUE(refusal(good.substr(0, good.size() - 2)).contains("signature"));
  EXPECT_TRUE(ask(good));
}

TEST_F(ResourceServerTest, TwoCredentialsAreNoCredentials) {
  net::Headers headers;
  headers.add("Authorization", "Bearer " + key_.sign(claims()));
  headers.add("Authorization", "Bearer x");
  EXPECT_EQ(ask(std::move(headers)).error().status, 400);
}

TEST_F(ResourceServerTest, ANewKeyIsFoundWhenATokenNamesIt) {
  options_.issuers[0].jwks_uri = issuer_.url() + "/keys";
  ASSERT_TRUE(ask(key_.sign(claims())));
  const TestKey next("k2");
  issuer_.set_keys(next.set());
  // The issuer has just been asked; invented ids must not make it be asked again and again.
  EXPECT_TRUE(refusal(next.sign(claims())).contains("key"));
  EXPECT_EQ(issuer_.key_requests(), 1);
}

TEST_F(ResourceServerTest, AnIssuerThatIsDownIsNotTheTokensFault) {
  issuer_.set_down(true);
  const auto identity = ask(key_.sign(claims()));
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().status, 503);
  EXPECT_EQ(identity.error().www_authenticate, "");
  EXPECT_TRUE(reported_.contains("503")) << reported_;
}

TEST_F(ResourceServerTest, MissingScopesAreNamedTogether) {
  options_.scopes = {"mcp", "ops"};
  const auto identity = ask(key_.sign(claims(R"(,"scope":"mcp")")));
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().status, 403);
  EXPECT_TRUE(identity.error().www_authenticate.contains("error=\"insufficient_scope\""));
  EXPECT_TRUE(identity.error().www_authenticate.contains("scope=\"mcp ops\""));
}

TEST_F(ResourceServerTest, ClaimAndPrefixAsConfigured) {
  options_.issuers[0].principal_claim = "email";
  options_.issuers[0].principal_prefix = "corp:";
  EXPECT_EQ(ask(key_.sign(claims(R"(,"email":"ada@corp")")))->principal, "corp:ada@corp");
  EXPECT_TRUE(refusal(key_.sign(claims())).contains("email"));
}

TEST_F(ResourceServerTest, StaticTokensNeedNoIssuer) {
  options_.tokens.push_back({.sha256 = sha256_hex("s3cret"), .principal = "ci", .scopes = {"mcp"}});
  EXPECT_EQ(ask("s3cret")->principal, "ci");
  EXPECT_EQ(issuer_.key_requests(), 0);
  EXPECT_FALSE(ask("s3creT"));
}

TEST_F(ResourceServerTest, TheMetadataDocument) {
  options_.scopes = {"mcp"};
  const ResourceServer server(options_);
  const auto document = json::Document::parse(server.metadata());
  ASSERT_TRUE(document);
  const json::Value root = document->root();
  EXPECT_EQ(root["resource"].string(), kResource);
  EXPECT_EQ(root["authorization_servers"].raw(), "[\"" + issuer_.url() + "\"]");
  EXPECT_EQ(root["scopes_supported"].raw(), R"(["mcp"])");
  EXPECT_EQ(root["bearer_methods_supported"].raw(), R"(["header"])");
  EXPECT_TRUE(server.is_metadata_path("/.well-known/oauth-protected-resource/mcp"));
  EXPECT_TRUE(server.is_metadata_path("/.well-known/oauth-protected-resource"));
  EXPECT_FALSE(server.is_metadata_path("/.well-known/oauth-protected-resource/other"));
}

}  // namespace
}  // namespace larkspur::mcp::auth
