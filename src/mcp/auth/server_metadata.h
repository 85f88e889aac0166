// What an authorization server says of itself, and where (RFC 8414; OpenID Connect Discovery 1.0;
// the order of mcp 2026-07-28 "authorization server discovery").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "net/http_client.h"

namespace larkspur::mcp::auth {

struct ServerMetadata {
  std::string issuer;
  std::string authorization_endpoint, token_endpoint, registration_endpoint, jwks_uri;
  std::vector<std::string> scopes, grant_types, code_challenge_methods, token_auth_methods;
  bool says_issuer_in_answers = false;      // RFC 9207
  bool takes_client_metadata_urls = false;  // client_id_metadata_document_supported
};

// Where the document of `issuer` may be, in the order in which to ask.
std::vector<std::string> metadata_urls(const net::Url& issuer);

// The document, if it is that of `issuer`: the two must be the same, byte for byte, or anybody
// could speak for anybody (RFC 8414 section 3.3).
Result<ServerMetadata> read_metadata(std::string_view json, std::string_view issuer);

// Asks at each of metadata_urls() until one has it. The error tells what each of them answered.
Async<Result<ServerMetadata>> discover(net::HttpClient& http, std::string issuer,
                                       SteadyClock::time_point deadline);

// A small JSON document by GET. kProtocol for every status but 200, with the status in the message.
Async<Result<std::string>> fetch_json(net::HttpClient& http, std::string url,
                                      SteadyClock::time_point deadline);

// Tokens and keys travel over TLS, but for servers on this machine. The error names the URL.
Result<net::Url> safe_url(std::string_view url);

}  // namespace larkspur::mcp::auth
