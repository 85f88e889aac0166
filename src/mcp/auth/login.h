// A person lets Larkspur use a server in their name: the authorization code grant with PKCE
// (OAuth 2.1 section 4.1, RFC 7636, RFC 8252, RFC 8707, RFC 9207), in two steps with a browser in
// between.
#pragma once

#include <optional>
#include <string>

#include "base/async.h"
#include "base/result.h"
#include "mcp/auth/challenge.h"
#include "mcp/auth/grant.h"
#include "mcp/auth/protected_resource.h"

namespace larkspur::mcp::auth {

struct LoginRequest {
  std::string server_url;
  BearerChallenge challenge;  // of the server's 401 or 403
  std::string redirect_uri;   // where the browser comes back to
  std::string client_id;      // registered by hand; "": see client_metadata_url
  std::string client_secret;
  std::string client_metadata_url;  // a Client ID Metadata Document; "": register dynamically
  std::string scope;                // beyond what the server asks for
  std::optional<Grant> earlier;     // its client and scopes serve on where the issuer is the same
};

// What has to be remembered while the person is at the browser.
struct PendingLogin {
  std::string authorization_url;  // for the browser
  std::string state;
  std::string verifier;
  std::string redirect_uri;
  bool says_issuer = false;
  Grant grant;  // without tokens
};

// Finds out where to log in, and as which client. The error says what is missing.
Async<Result<PendingLogin>> begin_login(net::HttpClient& http, LoginRequest request,
                                        SteadyClock::time_point deadline);

// `query`: of the URL that the browser came back with.
Async<Result<Grant>> finish_login(net::HttpClient& http, PendingLogin pending, std::string query,
                                  SteadyClock::time_point deadline);

}  // namespace larkspur::mcp::auth
