#include "mcp/auth/login.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/form.h"
#include "base/random.h"
#include "base/text.h"

namespace larkspur::mcp::auth {

namespace {

constexpr std::size_t kVerifierBytes = 32;

std::string random_text() {
  std::array<unsigned char, kVerifierBytes> bytes;
  random_bytes(bytes);
  return to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string sha256(std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

bool lists(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// What to ask for (mcp "scope selection strategy"): what the challenge names, else all that the
// resource knows, on top of what was granted before; and to stay logged in where the server can do
// that.
std::string scope_of(const LoginRequest& request, const WhereToLogIn& where) {
  std::string scope = request.challenge.scope;
  if (scope.empty()) scope = fmt::format("{}", fmt::join(where.resource.scopes, " "));
  if (request.earlier && request.earlier->issuer == where.server.issuer) {
    scope = join_scopes(join_scopes(request.earlier->scope, request.earlier->wanted_scope), scope);
  }
  scope = join_scopes(scope, request.scope);
  if (lists(where.server.scopes, "offline_access")) scope = join_scopes(scope, "offline_access");
  return scope;
}

// In the order of preference of mcp "client registration approaches".
Async<Result<OAuthClient>> client_for(net::HttpClient& http, const LoginRequest& request,
                                      const ServerMetadata& server,
                                      SteadyClock::time_point deadline) {
  if (!request.client_id.empty()) {
    co_return OAuthClient{request.client_id, request.client_secret,
                          choose_auth(server.token_auth_methods, !request.client_secret.empty())};
  }
  if (server.takes_client_metadata_urls && !request.client_metadata_url.empty()) {
    co_return OAuthClient{.id = request.client_metadata_url};
  }
  if (request.earlier && request.earlier->issuer == server.issuer &&
      server.registration_endpoint.empty()) {
    co_return request.earlier->client;
  }
  if (server.registration_endpoint.empty()) {
    co_return fail(ErrorCode::kUnsupported,
                   fmt::format("{} registers no clients by itself; register Larkspur there and "
                               "configure oauth.clientId",
                               server.issuer));
  }
  co_return co_await register_client(http, server, request.redirect_uri, deadline);
}

}  // namespace

Async<Result<PendingLogin>> begin_login(net::HttpClient& http, LoginRequest request,
                                        SteadyClock::time_point deadline) {
  auto where = co_await find_login(http, request.server_url, request.challenge, deadline);
  if (!where) co_return fail(std::move(where.error()));
  const ServerMetadata& server = where->server;
  // OAuth 2.1: without PKCE a stolen code is as good as a token.
  if (!lists(server.code_challenge_methods, "S256")) {
    co_return fail(ErrorCode::kUnsupported,
                   fmt::format("{} does not say that it knows PKCE (S256)", server.issuer));
  }
  // The browser is sent there, and must not be made to run something (CVE-2025-6514).
  if (const auto url = safe_url(server.authorization_endpoint); !url) co_return fail(url.error());
  auto client = co_await client_for(http, request, server, deadline);
  if (!client) co_return fail(std::move(client.error()));

  PendingLogin pending{.state = random_text(),
                       .verifier = random_text(),
                       .redirect_uri = request.redirect_uri,
                       .says_issuer = server.says_issuer_in_answers};
  pending.grant = {.issuer = server.issuer,
                   .token_endpoint = server.token_endpoint,
                   .resource = where->resource.resource,
                   .client = *std::move(client),
                   .scope = scope_of(request, *where)};
  FormFields fields = {{"response_type", "code"},
                       {"client_id", pending.grant.client.id},
                       {"redirect_uri", pending.redirect_uri},
                       {"state", pending.state},
                       {"code_challenge", to_base64url(sha256(pending.verifier))},
                       {"code_challenge_method", "S256"},
                       {"resource", pending.grant.resource}};
  if (!pending.grant.scope.empty()) fields.emplace_back("scope", pending.grant.scope);
  pending.authorization_url = with_query(server.authorization_endpoint, fields);
  co_return pending;
}

Async<Result<Grant>> finish_login(net::HttpClient& http, PendingLogin pending, std::string query,
                                  SteadyClock::time_point deadline) {
  auto answer = from_form(query);
  if (answer["state"] != pending.state) {
    co_return fail(ErrorCode::kDenied, "the answer is not to the question that was asked (state)");
  }
  // RFC 9207 section 2.4, before anything else of the answer is believed: byte for byte.
  const bool has_issuer = answer.contains("iss");
  if ((pending.says_issuer && !has_issuer) ||
      (has_issuer && answer["iss"] != pending.grant.issuer)) {
    co_return fail(ErrorCode::kDenied,
                   fmt::format("the answer is not from {} (iss)", pending.grant.issuer));
  }
  if (answer.contains("error")) {
    co_return fail(ErrorCode::kDenied,
                   fmt::format("{} said: {} {}", pending.grant.issuer,
                               printable(truncate_utf8(answer["error"], 100)),
                               printable(truncate_utf8(answer["error_description"], 200))));
  }
  if (answer["code"].empty()) co_return fail(ErrorCode::kProtocol, "the answer has no code");
  FormFields fields = {{"grant_type", "authorization_code"},
                       {"code", answer["code"]},
                       {"redirect_uri", pending.redirect_uri},
                       {"code_verifier", pending.verifier},
                       {"resource", pending.grant.resource}};
  auto tokens = co_await request_tokens(http, pending.grant.token_endpoint, pending.grant.client,
                                        std::move(fields), deadline);
  if (!tokens) co_return fail(std::move(tokens.error()));
  pending.grant.tokens = *std::move(tokens);
  co_return std::move(pending.grant);
}

}  // namespace larkspur::mcp::auth
