// Tokens from an authorization server's token endpoint (RFC 6749 sections 2.3, 4, 5 and 6).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/form.h"
#include "base/result.h"
#include "mcp/auth/server_metadata.h"
#include "net/http_client.h"

namespace larkspur::mcp::auth {

// How a client says who it is at the token endpoint.
enum class ClientAuth : unsigned char { kNone, kBasic, kPost };

struct OAuthClient {
  std::string id;
  std::string secret;  // "" for public clients
  ClientAuth auth = ClientAuth::kNone;
};

// The way to use with a server that takes `methods` (token_endpoint_auth_methods_supported; empty:
// basic, as RFC 8414 has it). A client without a secret says its id only.
ClientAuth choose_auth(const std::vector<std::string>& methods, bool has_secret);

struct Tokens {
  std::string access_token;
  std::string refresh_token;           // "" where none was given
  std::string scope;                   // as granted; "": as asked for
  std::chrono::sys_seconds expires{};  // the epoch: unknown
};

// One request with `fields` (grant_type and what it needs). Errors: kUnauthenticated for what the
// server refuses, with its error code and description; nothing secret in the message.
Async<Result<Tokens>> request_tokens(net::HttpClient& http, std::string endpoint,
                                     OAuthClient client, FormFields fields,
                                     SteadyClock::time_point deadline);

// Dynamic client registration (RFC 7591), for a native client that the user's browser comes back to
// at `redirect_uri`.
Async<Result<OAuthClient>> register_client(net::HttpClient& http, ServerMetadata server,
                                           std::string redirect_uri,
                                           SteadyClock::time_point deadline);

}  // namespace larkspur::mcp::auth
