// What a server says of how to get in: its protected resource metadata, seen as a client (RFC 9728;
// mcp 2026-07-28 "authorization server discovery").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "mcp/auth/challenge.h"
#include "mcp/auth/server_metadata.h"

namespace larkspur::mcp::auth {

struct ProtectedResource {
  std::string resource;              // what tokens are asked for
  std::string authorization_server;  // the first of the list
  std::vector<std::string> scopes;   // scopes_supported
};

// The document, if it may speak for the server at `url`: its resource is that URL, or a part of the
// same origin that the URL lies in.
Result<ProtectedResource> read_protected_resource(std::string_view json, const net::Url& url);

// Where to log in for a server: the resource and its authorization server.
struct WhereToLogIn {
  ProtectedResource resource;
  ServerMetadata server;
};

// From the challenge of a 401: the document that it names, else the one at the well-known place
// behind the server's path, else at the root. A server that has none is its own authorization
// server (mcp 2025-03-26).
Async<Result<WhereToLogIn>> find_login(net::HttpClient& http, std::string server_url,
                                       BearerChallenge challenge, SteadyClock::time_point deadline);

}  // namespace larkspur::mcp::auth
