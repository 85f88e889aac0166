#include "mcp/server/pump.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

namespace larkspur::mcp::server {

namespace {

using namespace asio::experimental::awaitable_operators;

Async<PumpEnd> carry(SessionStream& source, EventStream& out, Running::Stream& running,
                     const Translate& translate) {
  for (;;) {
    auto next = co_await (source.next(SteadyClock::time_point::max()) || running.ended());
    if (next.index() == 1) co_return PumpEnd::kStopped;
    std::optional<std::string>& given = std::get<0>(next);
    if (!given) {
      if (source.ended()) co_return PumpEnd::kSourceEnded;
      continue;
    }
    const auto message = translate(*std::move(given));
    if (message && !co_await out.send(*message)) co_return PumpEnd::kPeerLeft;
  }
}

}  // namespace

Async<PumpEnd> pump(SessionStream& source, EventStream& out, Running::Stream& running,
                    net::HttpResponder& responder, const Translate& translate) {
  const auto end = co_await (carry(source, out, running, translate) || responder.peer_left());
  co_return end.index() == 0 ? std::get<0>(end) : PumpEnd::kPeerLeft;
}

}  // namespace larkspur::mcp::server
