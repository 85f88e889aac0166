#include "mcp/server/event_stream.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "net/sse.h"

namespace larkspur::mcp::server {

void EventStream::keep_in(std::shared_ptr<KeptStream> kept, bool primed) {
  kept_ = std::move(kept);
  primed_ = primed;
  kept_->on_taken_over([self = weak_from_this()] {
    if (const auto stream = self.lock()) stream->abandon();
  });
}

void EventStream::on_lost(std::function<void()> call) {
  on_lost_ = std::move(call);
  if (!kept_) return;
  kept_->on_gone([self = weak_from_this()] {
    const auto stream = self.lock();
    if (stream && stream->on_lost_) std::exchange(stream->on_lost_, nullptr)();
  });
}

void EventStream::lose() {
  abandon();
  if (kept_) {
    kept_->lose_connection();
  } else if (on_lost_) {
    std::exchange(on_lost_, nullptr)();
  }
}

Async<bool> EventStream::open() {
  const auto pass = co_await gate_.enter();
  co_return co_await write({});
}

Async<bool> EventStream::send(std::string_view message) {
  const auto pass = co_await gate_.enter();
  if (kept_) {
    if (!opened_) co_await write({});  // the stream begins with what opens it
    const WireEvent event = kept_->append(message);
    co_await write(*event);
    co_return !kept_->gone();
  }
  const std::string event = net::sse_event(message);
  co_return co_await write(event);
}

Async<bool> EventStream::send_event(WireEvent event) {
  const auto pass = co_await gate_.enter();
  co_return co_await write(*event);
}

Async<void> EventStream::finish() {
  if (kept_) kept_->finish();
  co_await close();
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
    if (!co_await exchange_.start_events()) lose();
    const WireEvent primer = kept_ && primed_ ? kept_->primer() : nullptr;
    if (primer && !closed_ && !co_await exchange_.responder().write(*primer)) lose();
  }
  if (!closed_ && !bytes.empty() && !co_await exchange_.responder().write(bytes)) lose();
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
