#include "mcp/auth/issuer_keys.h"

#include "mcp/auth/server_metadata.h"

namespace larkspur::mcp::auth {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kFresh = 1h;
constexpr std::chrono::seconds kUsable = 24h;
constexpr std::chrono::seconds kBetweenTries = 30s;
constexpr std::chrono::seconds kFetchTime = 10s;

bool within(const std::optional<SteadyClock::time_point>& moment, std::chrono::seconds age) {
  return moment && SteadyClock::now() - *moment < age;
}

}  // namespace

IssuerKeys::IssuerKeys(const Executor& executor, net::HttpClient& http, std::string issuer,
                       std::string jwks_uri, std::function<void(std::string_view)> report)
    : http_(http),
      issuer_(std::move(issuer)),
      jwks_uri_(std::move(jwks_uri)),
      report_(std::move(report)),
      gate_(executor) {}

Async<Result<std::shared_ptr<const KeySet>>> IssuerKeys::get() {
  if (within(fetched_, kFresh)) co_return keys_;
  co_return co_await refresh(kFresh);
}

Async<Result<std::shared_ptr<const KeySet>>> IssuerKeys::get_newer() {
  co_return co_await refresh(kBetweenTries);
}

Async<Result<std::shared_ptr<const KeySet>>> IssuerKeys::refresh(std::chrono::seconds good_for) {
  const server::Gate::Pass pass = co_await gate_.enter();
  // Somebody else may have fetched them while we waited, or failed to a moment ago.
  if (!within(fetched_, good_for) && !within(tried_, kBetweenTries)) {
    auto fetched = co_await fetch();
    // A caller that gave up has found out nothing about the issuer.
    if (!fetched && fetched.error().code == ErrorCode::kCancelled) co_return fail(fetched.error());
    tried_ = SteadyClock::now();
    if (fetched) {
      keys_ = std::make_shared<const KeySet>(*std::move(fetched));
      fetched_ = tried_;
    } else {
      last_error_ = std::move(fetched.error());
      report_(last_error_.message);
    }
  }
  if (within(fetched_, kUsable)) co_return keys_;
  co_return fail(last_error_);
}

Async<Result<KeySet>> IssuerKeys::fetch() {
  const auto deadline = SteadyClock::now() + kFetchTime;
  if (jwks_uri_.empty()) {
    const auto metadata = co_await discover(http_, issuer_, deadline);
    if (!metadata) co_return fail(metadata.error());
    if (metadata->jwks_uri.empty()) {
      co_return fail(ErrorCode::kProtocol, "the metadata of " + issuer_ + " has no jwks_uri");
    }
    jwks_uri_ = metadata->jwks_uri;
  }
  auto text = co_await fetch_json(http_, jwks_uri_, deadline);
  if (!text) {
    co_return fail(text.error().code,
                   "the keys of " + issuer_ + " (" + jwks_uri_ + "): " + text.error().message);
  }
  co_return KeySet::parse(*text);
}

}  // namespace larkspur::mcp::auth
