// Larkspur as an OAuth 2.1 resource server (mcp 2026-07-28 "authorization"; RFC 6750, 8707, 9068,
// 9728): a request carries a token that one of the issuers has signed for this server, or one of
// the static tokens of the configuration. Tokens are looked at here and go nowhere else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/auth/authenticator.h"

namespace larkspur::mcp::auth {

struct Issuer {
  std::string issuer;    // the `iss` of its tokens, and where its metadata is found
  std::string jwks_uri;  // "": as its metadata says
  // The `aud` values that mean this server; empty: the resource itself.
  std::vector<std::string> audiences;
  std::string principal_claim = "sub";
  std::string principal_prefix;  // in front of the claim's value
};

struct StaticToken {
  std::string sha256;  // 64 hex digits, so that the token itself is nowhere in memory
  std::string principal;
  std::vector<std::string> scopes;
};

struct ResourceServerOptions {
  std::string resource;             // canonical URI of the MCP endpoint
  std::vector<std::string> scopes;  // every request needs all of these
  std::vector<Issuer> issuers;
  std::vector<StaticToken> tokens;
  // A line for the operator: the keys of an issuer cannot be had. Any loop.
  std::function<void(std::string_view line)> report;
};

class ResourceServer final : public Authenticator {
 public:
  explicit ResourceServer(ResourceServerOptions options);
  ~ResourceServer() override;

  Async<std::expected<Identity, Challenge>> authenticate(const net::HttpRequest& request) override;

  // The document of RFC 9728 section 2, and whether `path` is where it is served: in front of the
  // resource's path, and at the root.
  const std::string& metadata() const;
  bool is_metadata_path(std::string_view path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larkspur::mcp::auth
