// larkspur login: the gateway's operator lets it use a backend in their name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>
#include <optional>

#include "app/commands.h"
#include "app/load_config.h"
#include "mcp/auth/login.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/loops.h"

namespace larkspur::app {

namespace {

using namespace std::chrono_literals;
namespace auth = mcp::auth;

constexpr auto kServerTime = 30s;  // for one step of the work at servers
constexpr std::string_view kPath = "/callback";

// Where the browser comes back to: one request to this machine (RFC 8252 section 7.3).
class Callback {
 public:
  explicit Callback(net::Loops& loops)
      : arrived_(loops.executor(0), SteadyClock::time_point::max()),
        server_(loops, {}, [this](net::HttpRequest& request, net::HttpResponder& responder) {
          return answer(request, responder);
        }) {}

  Result<void> listen() { return server_.listen(); }
  std::string uri() const { return fmt::format("http://127.0.0.1:{}{}", server_.port(), kPath); }
  // The query that it came with; nullopt when nobody came in time.
  Async<std::optional<std::string>> query(std::chrono::seconds patience) {
    arrived_.expires_after(patience);
    if (!query_) co_await arrived_.async_wait(kAwaitTuple);
    co_return query_;
  }
  Async<void> close() { co_await server_.shutdown(1s); }

 private:
  Async<void> answer(net::HttpRequest& request, net::HttpResponder& responder) {
    net::HttpResponse page{404, {{"Content-Type", "text/plain; charset=utf-8"}}, "Nothing here.\n"};
    if (request.path() == kPath && request.method == "GET" && !query_) {
      const std::size_t mark = request.target.find('?');
      query_ = mark == std::string::npos ? "" : request.target.substr(mark + 1);
      page.status = 200;
      page.body = "Larkspur has your answer. You can close this page.\n";
    }
    co_await responder.send(std::move(page));
    if (query_) arrived_.cancel();
  }

  Timer arrived_;
  std::optional<std::string> query_;
  net::HttpServer server_;
};

// What the server says to somebody without a token.
Async<auth::BearerChallenge> challenge_of(net::HttpClient& http, net::Url url) {
  net::HttpRequest request{.method = "POST",
                           .target = url.target,
                           .headers = {{"Content-Type", "application/json"},
                                       {"Accept", "application/json, text/event-stream"}},
                           .body = R"({"jsonrpc":"2.0","id":1,"method":"ping"})"};
  const auto answer =
      co_await http.send(std::move(url), std::move(request), SteadyClock::now() + kServerTime);
  if (!answer) co_return auth::BearerChallenge();
  co_return auth::read_bearer_challenge(answer->headers.get("WWW-Authenticate"))
      .value_or(auth::BearerChallenge());
}

Async<Result<void>> log_in(net::Loops& loops, const config::Backend& backend, int timeout_s) {
  net::HttpClient http(loops.executor(0));
  Callback callback(loops);
  if (auto listening = callback.listen(); !listening) co_return listening;

  auth::LoginRequest request{
      .server_url = backend.url,
      .challenge = co_await challenge_of(http, *net::Url::parse(backend.url)),
      .redirect_uri = callback.uri(),
      .client_id = backend.oauth.client_id,
      .client_secret = backend.oauth.client_secret.reveal(),
      .client_metadata_url = backend.oauth.client_metadata_url,
      .scope = fmt::format("{}", fmt::join(backend.oauth.scopes, " "))};
  if (auto earlier = auth::load_grant(backend.oauth.file)) request.earlier = *std::move(earlier);
  auto pending =
      co_await auth::begin_login(http, std::move(request), SteadyClock::now() + kServerTime);
  if (!pending) co_return fail(std::move(pending.error()));

  std::printf("%s\n", pending->authorization_url.c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "Open this URL in a browser on this machine, and agree there.\n");
  auto query = co_await callback.query(std::chrono::seconds(timeout_s));
  co_await callback.close();
  if (!query) {
    co_return fail(ErrorCode::kTimeout,
                   fmt::format("nobody came back from the browser within {} s", timeout_s));
  }
  auto grant = co_await auth::finish_login(http, *std::move(pending), *std::move(query),
                                           SteadyClock::now() + kServerTime);
  if (!grant) co_return fail(std::move(grant.error()));
  if (auto saved = auth::save_grant(backend.oauth.file, *grant); !saved) co_return saved;
  std::fprintf(stderr, "Logged in to '%s'. `larkspur serve` uses it from now on.\n",
               backend.name.c_str());
  co_return Result<void>();
}

int could_not(std::string_view why) {
  std::fprintf(stderr, "larkspur login: %.*s\n", static_cast<int>(why.size()), why.data());
  return kCouldNot;
}

}  // namespace

int login(const LoginOptions& options) {
  const auto loaded = load_config(options.config);
  if (!loaded) {
    for (const config::Problem& each : loaded.error()) could_not(each.to_string());
    return kCouldNot;
  }
  const auto& backends = loaded->value.backends;
  const auto backend = std::ranges::find(backends, options.backend, &config::Backend::name);
  if (backend == backends.end()) {
    return could_not(fmt::format("no backend is named '{}'", options.backend));
  }
  if (backend->oauth.grant != config::OAuthGrant::kAuthorizationCode) {
    return could_not(
        fmt::format("backend '{}' has no oauth with grant: authorization_code", options.backend));
  }
  net::Loops loops(1);
  Result<void> done;
  const auto work = [&]() -> Async<void> {
    done = co_await log_in(loops, *backend, options.timeout_s);
    loops.stop();
  };
  asio::co_spawn(loops[0], work(), asio::detached);
  loops.run();
  if (done) return kYes;
  could_not(done.error().message);
  return done.error().code == ErrorCode::kDenied || done.error().code == ErrorCode::kUnauthenticated
             ? kNo
             : kCouldNot;
}

}  // namespace larkspur::app
