#include "mcp/auth/resource_server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/random.h"
#include "base/text.h"
#include "json/writer.h"
#include "mcp/auth/issuer_keys.h"
#include "mcp/auth/token.h"
#include "mcp/server/loop_local.h"
#include "net/http_client.h"

namespace larkspur::mcp::auth {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kWellKnown = "/.well-known/oauth-protected-resource";
// How long a token that was found good is not looked into again: a key that is taken back, or a
// clock that jumps, has effect within that time.
constexpr auto kRemember = 5min;
constexpr std::size_t kMaxRemembered = 4096;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// The token of an Authorization header; "" where the scheme is another one.
std::string_view bearer_token(std::string_view header) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!equals_ignore_case(header.substr(0, kScheme.size()), kScheme)) return {};
  return trim(header.substr(kScheme.size()));
}

std::string metadata_of(const ResourceServerOptions& options) {
  json::Writer writer;
  writer.begin_object().key("resource").string(options.resource);
  writer.key("authorization_servers").begin_array();
  for (const Issuer& issuer : options.issuers) writer.string(issuer.issuer);
  writer.end_array();
  if (!options.scopes.empty()) {
    writer.key("scopes_supported").begin_array();
    for (const std::string& scope : options.scopes) writer.string(scope);
    writer.end_array();
  }
  writer.key("bearer_methods_supported").begin_array().string("header").end_array();
  writer.key("resource_name").string("Larkspur").end_object();
  return writer.take();
}

struct Remembered {
  Identity identity;
  std::chrono::sys_seconds until;
};

// What one loop needs. Its keys hold on to its client, and so it stays where it is.
struct Here {
  Here(const Executor& executor, const ResourceServerOptions& options) : http(executor) {
    for (const Issuer& issuer : options.issuers) {
      keys.push_back(std::make_unique<IssuerKeys>(executor, http, issuer.issuer, issuer.jwks_uri,
                                                  options.report));
    }
  }
  net::HttpClient http;
  std::vector<std::unique_ptr<IssuerKeys>> keys;     // as options.issuers
  std::unordered_map<std::string, Remembered> good;  // by the token's SHA-256
};

// Why a token is not taken, or that nobody can tell now.
struct Doubt {
  std::string reason;
  bool token_is_bad = true;
};

}  // namespace

struct ResourceServer::Impl {
  ResourceServerOptions options;
  std::string metadata;
  std::string metadata_path;
  std::string metadata_url;
  std::map<std::string, const StaticToken*, std::less<>> tokens;  // by hash
  server::LoopLocal<std::shared_ptr<Here>> states;

  Challenge challenge(int status, std::string_view error, std::string reason) const;
  std::expected<Identity, Challenge> admit(Identity identity) const;
  Async<std::expected<Identity, Doubt>> examine(Here& here, std::string text, std::string hash);
};

Challenge ResourceServer::Impl::challenge(int status, std::string_view error,
                                          std::string reason) const {
  std::string header = fmt::format("Bearer resource_metadata=\"{}\"", metadata_url);
  if (!options.scopes.empty()) {
    header += fmt::format(", scope=\"{}\"", fmt::join(options.scopes, " "));
  }
  if (!error.empty()) {
    header += fmt::format(", error=\"{}\", error_description=\"{}\"", error, reason);
  }
  return {status, std::move(header), std::move(reason)};
}

std::expected<Identity, Challenge> ResourceServer::Impl::admit(Identity identity) const {
  for (const std::string& scope : options.scopes) {
    if (std::ranges::find(identity.scopes, scope) == identity.scopes.end()) {
      return std::unexpected(
          challenge(403, "insufficient_scope", "the token lacks the scope " + scope));
    }
  }
  return identity;
}

Async<std::expected<Identity, Doubt>> ResourceServer::Impl::examine(Here& here, std::string text,
                                                                    std::string hash) {
  const auto doubt = [](std::string reason, bool bad = true) {
    return std::unexpected(Doubt{std::move(reason), bad});
  };
  const auto token = Token::parse(std::move(text));
  if (!token) co_return doubt(token.error().message);
  const auto issuer = std::ranges::find(options.issuers, token->issuer(), &Issuer::issuer);
  if (issuer == options.issuers.end()) {
    co_return doubt("the token is from an issuer that this server does not know");
  }
  // What is cheap to refuse costs the issuer nothing.
  const std::vector<std::string> ours =
      issuer->audiences.empty() ? std::vector{options.resource} : issuer->audiences;
  if (const auto good = token->check(issuer->issuer, ours, now()); !good) {
    co_return doubt(good.error().message);
  }
  const auto verify = [&](const KeySet& keys) {
    return keys.verify(token->algorithm(), token->key_id(), token->signed_part(),
                       token->signature());
  };
  IssuerKeys& source = *here.keys[static_cast<std::size_t>(issuer - options.issuers.begin())];
  auto keys = co_await source.get();
  if (!keys) co_return doubt("the issuer's keys cannot be had now; try again later", false);
  KeySet::Verdict verdict = verify(**keys);
  if (verdict == KeySet::Verdict::kNoSuchKey) {
    keys = co_await source.get_newer();
    if (keys) verdict = verify(**keys);
  }
  switch (verdict) {
    case KeySet::Verdict::kNoSuchAlgorithm:
      co_return doubt("the token's algorithm is not one of " + known_algorithms());
    case KeySet::Verdict::kNoSuchKey:
      co_return doubt("the token is signed with a key that its issuer does not have");
    case KeySet::Verdict::kBad:
      co_return doubt("the token's signature is wrong");
    case KeySet::Verdict::kGood:
      break;
  }
  const std::string_view name = token->claims()[issuer->principal_claim].string();
  if (name.empty()) co_return doubt("the token has no claim " + issuer->principal_claim);
  Identity identity{.principal = issuer->principal_prefix + std::string(name),
                    .issuer = issuer->issuer,
                    .scopes = token->scopes()};
  if (here.good.size() >= kMaxRemembered) here.good.clear();
  here.good[std::move(hash)] = {
      identity, std::min<std::chrono::sys_seconds>(token->expires(), now() + kRemember)};
  co_return identity;
}

ResourceServer::ResourceServer(ResourceServerOptions options) : impl_(new Impl) {
  Impl& impl = *impl_;
  impl.options = std::move(options);
  impl.metadata = metadata_of(impl.options);
  const std::string& resource = impl.options.resource;
  const std::size_t path = std::min(resource.find('/', resource.find("://") + 3), resource.size());
  const std::string suffix = resource.substr(path) == "/" ? "" : resource.substr(path);
  impl.metadata_path = std::string(kWellKnown) + suffix;
  impl.metadata_url = resource.substr(0, path) + impl.metadata_path;
  for (const StaticToken& token : impl.options.tokens) impl.tokens[token.sha256] = &token;
}

ResourceServer::~ResourceServer() = default;

const std::string& ResourceServer::metadata() const {
  return impl_->metadata;
}

bool ResourceServer::is_metadata_path(std::string_view path) const {
  return path == impl_->metadata_path || path == kWellKnown;
}

Async<std::expected<Identity, Challenge>> ResourceServer::authenticate(
    const net::HttpRequest& request) {
  Impl& impl = *impl_;
  if (request.headers.count("Authorization") > 1) {
    co_return std::unexpected(
        impl.challenge(400, "invalid_request", "the header Authorization occurs more than once"));
  }
  const std::string_view token = bearer_token(request.headers.get("Authorization"));
  if (token.empty()) {
    // RFC 6750 section 3.1: no error code where there were no credentials.
    Challenge challenge = impl.challenge(401, "", "");
    challenge.message = "Unauthorized: send Authorization: Bearer <token>";
    co_return std::unexpected(std::move(challenge));
  }
  const std::string hash = sha256_hex(token);
  if (const auto known = impl.tokens.find(hash); known != impl.tokens.end()) {
    co_return impl.admit(
        {.principal = known->second->principal, .issuer = {}, .scopes = known->second->scopes});
  }
  const Executor executor = co_await asio::this_coro::executor;
  const std::shared_ptr<std::shared_ptr<Here>> slot = impl.states.here(executor);
  if (!*slot) *slot = std::make_shared<Here>(executor, impl.options);
  const std::shared_ptr<Here> here = *slot;
  if (const auto good = here->good.find(hash); good != here->good.end()) {
    if (good->second.until > now()) co_return impl.admit(good->second.identity);
    here->good.erase(good);
  }
  auto identity = co_await impl.examine(*here, std::string(token), hash);
  if (identity) co_return impl.admit(*std::move(identity));
  if (!identity.error().token_is_bad) {
    co_return std::unexpected(Challenge{503, "", std::move(identity.error().reason)});
  }
  co_return std::unexpected(
      impl.challenge(401, "invalid_token", std::move(identity.error().reason)));
}

}  // namespace larkspur::mcp::auth
