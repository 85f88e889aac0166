// Larkspur as an OAuth client of one backend: with a grant that somebody gave (`larkspur login`),
// renewed by its refresh token; or in its own name (client credentials, RFC 6749 section 4.4).
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "mcp/auth/grant.h"
#include "mcp/auth/protected_resource.h"
#include "mcp/client/credentials.h"
#include "mcp/server/gate.h"

namespace larkspur::mcp::auth {

struct OAuthOptions {
  std::string server_url;
  std::string backend;         // its name, for messages
  std::filesystem::path file;  // the grant; not used with own_name
  bool own_name = false;       // client credentials
  std::string client_id, client_secret;
  std::string scope;
};

class OAuthCredentials final : public Credentials {
 public:
  // Everything that waits happens on the loop of `home`, where `http` lives; both outlive this.
  OAuthCredentials(const Executor& home, net::HttpClient& http, OAuthOptions options);

  std::string authorization() const override;
  Async<Result<void>> renew(int status, std::string challenge, std::string used) override;

 private:
  Async<Result<void>> renew_at_home(int status, std::string challenge, std::string used);
  Async<Result<void>> use_own_name(BearerChallenge challenge);
  Async<Result<void>> use_grant(int status, BearerChallenge challenge, std::string used);
  void use(const std::string& access_token);
  std::string how_to_log_in() const;

  Executor home_;
  net::HttpClient& http_;
  const OAuthOptions options_;
  server::Gate gate_;                                        // one renewal at a time
  std::atomic<std::shared_ptr<const std::string>> current_;  // "Bearer ..."
  std::string asked_scope_;                                  // of client credentials
};

}  // namespace larkspur::mcp::auth
