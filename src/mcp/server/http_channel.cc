#include "mcp/server/http_channel.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mcp/message.h"

namespace larkspur::mcp::server {

HttpChannel::~HttpChannel() {
  if (stream_) stream_->abandon();
}

Async<void> HttpChannel::notify(std::string_view method, std::string params) {
  if (!takes_events_) co_return;
  const auto message = notices_.render(method, params);
  if (!message) co_return;
  EventStream* const out = co_await stream();
  co_await out->send(*message);
}

Async<void> HttpChannel::finish(int status, std::string message) {
  if (!stream_) {
    co_await exchange_.reply_json(status, std::move(message));
    co_return;
  }
  const std::string line = on_one_line(std::move(message));
  co_await stream_->send(line);
  co_await stream_->close();
}

Async<void> HttpChannel::finish_without_response() {
  if (!takes_events_) {
    co_await exchange_.reply_empty(202);
    co_return;
  }
  EventStream* const out = co_await stream();
  co_await out->open();
  co_await out->close();
}

Async<EventStream*> HttpChannel::stream() {
  if (!stream_) {
    const Executor executor = co_await asio::this_coro::executor;
    stream_ = std::make_shared<EventStream>(executor, exchange_, keep_alive_);
  }
  co_return stream_.get();
}

}  // namespace larkspur::mcp::server
