#include "mcp/server/event_stream.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "net/sse.h"

namespace larkspur::mcp::server {

Async<bool> EventStream::open() {
  const auto pass = co_await gate_.enter();
  co_return co_await write({});
}

Async<bool> EventStream::send(std::string_view message) {
  const auto pass = co_await gate_.enter();
  const std::string event = net::sse_event(message);
  co_return co_await write(event);
}

Async<void> EventStream::close() {
  abandon();
  const auto pass = co_await gate_.enter();
}

void EventStream::abandon() {
  closed_ = true;
  quiet_.cancel();
}

Async<bool> EventStream::write(std::string_view bytes) {
  if (closed_) co_return false;
  if (!opened_) {
    opened_ = true;
    quiet_.expires_after(keep_alive_);
    asio::co_spawn(quiet_.get_executor(), send_comments(shared_from_this()), asio::detached);
    if (!co_await exchange_.start_events()) abandon();
  }
  if (!closed_ && !bytes.empty() && !co_await exchange_.responder().write(bytes)) abandon();
  quiet_.expires_after(keep_alive_);
  co_return !closed_;
}

Async<void> EventStream::send_comments(std::shared_ptr<EventStream> self) {
  while (!self->closed_) {
    // Every write sets the timer anew, which ends this wait with an error.
    const auto [error] = co_await self->quiet_.async_wait(kAwaitTuple);
    if (error) continue;
    const auto pass = co_await self->gate_.enter();
    if (!self->closed_) co_await self->write(net::kSseKeepAlive);
  }
}

}  // namespace larkspur::mcp::server
