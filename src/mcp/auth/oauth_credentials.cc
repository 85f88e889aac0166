#include "mcp/auth/oauth_credentials.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/co_spawn.hpp>

#include "mcp/auth/token_endpoint.h"

namespace larkspur::mcp::auth {

namespace {

using namespace std::chrono_literals;

constexpr auto kTime = 20s;  // for one renewal

}  // namespace

OAuthCredentials::OAuthCredentials(const Executor& home, net::HttpClient& http,
                                   OAuthOptions options)
    : home_(home), http_(http), options_(std::move(options)), gate_(home) {
  if (options_.own_name) return;
  if (const auto grant = load_grant(options_.file)) use(grant->tokens.access_token);
}

std::string OAuthCredentials::authorization() const {
  const auto current = current_.load();
  return current ? *current : std::string();
}

void OAuthCredentials::use(const std::string& access_token) {
  if (access_token.empty()) return;
  current_ = std::make_shared<const std::string>("Bearer " + access_token);
}

std::string OAuthCredentials::how_to_log_in() const {
  return fmt::format("run `larkspur login {}` with this configuration", options_.backend);
}

Async<Result<void>> OAuthCredentials::renew(int status, std::string challenge, std::string used) {
  co_return co_await asio::co_spawn(
      home_, renew_at_home(status, std::move(challenge), std::move(used)), kAwait);
}

Async<Result<void>> OAuthCredentials::renew_at_home(int status, std::string challenge,
                                                    std::string used) {
  const server::Gate::Pass pass = co_await gate_.enter();
  // Another call may have done it while we waited.
  if (const std::string now = authorization(); !now.empty() && now != used)
    co_return Result<void>();
  const auto read = read_bearer_challenge(challenge).value_or(BearerChallenge());
  if (status == 403 && read.error != "insufficient_scope") {
    co_return fail(ErrorCode::kDenied, "the server forbids this, whatever the scope");
  }
  if (options_.own_name) co_return co_await use_own_name(read);
  co_return co_await use_grant(status, read, std::move(used));
}

Async<Result<void>> OAuthCredentials::use_own_name(BearerChallenge challenge) {
  const auto deadline = SteadyClock::now() + kTime;
  const auto where = co_await find_login(http_, options_.server_url, challenge, deadline);
  if (!where) co_return fail(where.error());
  std::string scope = challenge.scope.empty()
                          ? fmt::format("{}", fmt::join(where->resource.scopes, " "))
                          : challenge.scope;
  scope = join_scopes(join_scopes(asked_scope_, scope), options_.scope);
  FormFields fields = {{"grant_type", "client_credentials"},
                       {"resource", where->resource.resource}};
  if (!scope.empty()) fields.emplace_back("scope", scope);
  OAuthClient client{options_.client_id, options_.client_secret,
                     choose_auth(where->server.token_auth_methods, true)};
  const auto tokens = co_await request_tokens(http_, where->server.token_endpoint,
                                              std::move(client), std::move(fields), deadline);
  if (!tokens) co_return fail(tokens.error());
  asked_scope_ = scope;
  use(tokens->access_token);
  co_return Result<void>();
}

Async<Result<void>> OAuthCredentials::use_grant(int status, BearerChallenge challenge,
                                                std::string used) {
  auto grant = load_grant(options_.file);
  if (!grant && grant.error().code == ErrorCode::kNotFound) {
    co_return fail(ErrorCode::kUnauthenticated,
                   "nobody has logged in there yet: " + how_to_log_in());
  }
  if (!grant) co_return fail(std::move(grant.error()));
  if (used != "Bearer " + grant->tokens.access_token) {  // somebody has logged in since
    use(grant->tokens.access_token);
    co_return Result<void>();
  }
  if (status == 403) {
    grant->wanted_scope = join_scopes(grant->wanted_scope, challenge.scope);
    if (auto saved = save_grant(options_.file, *grant); !saved) co_return fail(saved.error());
    co_return fail(ErrorCode::kUnauthenticated, fmt::format("the scope '{}' is needed for this: {}",
                                                            challenge.scope, how_to_log_in()));
  }
  // A server that has moved to another authorization server takes nothing of the old one, and the
  // old one must not hear from us again.
  const auto deadline = SteadyClock::now() + kTime;
  const auto where = co_await find_login(http_, options_.server_url, challenge, deadline);
  if (where && where->server.issuer != grant->issuer) {
    co_return fail(ErrorCode::kUnauthenticated, fmt::format("logins are given by {} now: {}",
                                                            where->server.issuer, how_to_log_in()));
  }
  if (grant->tokens.refresh_token.empty()) {
    co_return fail(ErrorCode::kUnauthenticated, "the login has expired: " + how_to_log_in());
  }
  FormFields fields = {{"grant_type", "refresh_token"},
                       {"refresh_token", grant->tokens.refresh_token},
                       {"resource", grant->resource}};
  auto tokens = co_await request_tokens(http_, grant->token_endpoint, grant->client,
                                        std::move(fields), deadline);
  if (!tokens) {
    co_return fail(tokens.error().code, tokens.error().message + "; " + how_to_log_in());
  }
  // A server that rotates refresh tokens gives a new one; else the old one serves on.
  if (tokens->refresh_token.empty()) tokens->refresh_token = grant->tokens.refresh_token;
  grant->tokens = *std::move(tokens);
  if (auto saved = save_grant(options_.file, *grant); !saved) co_return fail(saved.error());
  use(grant->tokens.access_token);
  co_return Result<void>();
}

}  // namespace larkspur::mcp::auth
