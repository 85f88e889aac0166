#include "net/resolve.h"

#include <fmt/format.h>

#include <boost/asio/ip/basic_resolver.hpp>
#include <memory>

namespace larkspur::net {

namespace {

// Shared between the lookup and the one who waits for it, because either may end first.
struct Lookup {
  explicit Lookup(Executor executor) : resolver(executor), done(executor) {}

  asio::ip::basic_resolver<Tcp, Executor> resolver;
  Timer done;  // cancelled when the answer is there
  bool finished = false;
  boost::system::error_code error;
  std::vector<Tcp::endpoint> endpoints;
};

}  // namespace

Async<Result<std::vector<Tcp::endpoint>>> resolve(std::string host, std::string port,
                                                  SteadyClock::time_point deadline) {
  boost::system::error_code not_literal;
  const auto address = asio::ip::make_address(host, not_literal);
  if (!not_literal) {
    co_return std::vector{Tcp::endpoint(address, static_cast<std::uint16_t>(std::stoi(port)))};
  }

  // Names below "localhost" are this machine, whatever a resolver says (RFC 6761 6.3).
  if (host.ends_with(".localhost")) host = "localhost";

  const auto lookup = std::make_shared<Lookup>(co_await asio::this_coro::executor);
  lookup->done.expires_at(deadline);
  lookup->resolver.async_resolve(
      host, port, [lookup](const boost::system::error_code& error, const auto& results) {
        lookup->finished = true;
        lookup->error = error;
        for (const auto& entry : results) lookup->endpoints.push_back(entry.endpoint());
        lookup->done.cancel();
      });
  co_await lookup->done.async_wait(kAwaitTuple);

  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    co_return fail(ErrorCode::kCancelled, "cancelled while looking up a host name");
  }
  if (!lookup->finished) {
    co_return fail(ErrorCode::kTimeout, fmt::format("looking up '{}' took too long", host));
  }
  if (lookup->error || lookup->endpoints.empty()) {
    co_return fail(ErrorCode::kUnavailable,
                   fmt::format("cannot look up '{}': {}", host, lookup->error.message()));
  }
  co_return std::move(lookup->endpoints);
}

}  // namespace larkspur::net
