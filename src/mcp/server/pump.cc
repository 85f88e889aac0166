#include "mcp/server/pump.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

namespace larkspur::mcp::server {

using namespace asio::experimental::awaitable_operators;

Async<PumpEnd> pump(SessionStream& source, MessageSink& sink, Running::Stream& running,
                    const Translate& translate) {
  for (;;) {
    auto next = co_await (source.next(SteadyClock::time_point::max()) || running.ended());
    if (next.index() == 1) co_return PumpEnd::kToldToEnd;
    std::optional<std::string>& given = std::get<0>(next);
    if (!given) {
      if (source.ended()) co_return PumpEnd::kSourceEnded;
      continue;
    }
    const auto message = translate(*std::move(given));
    if (message && !co_await sink.send(*message)) co_return PumpEnd::kPeerLeft;
  }
}

}  // namespace larkspur::mcp::server
