#include "mcp/server/http_channel.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mcp/message.h"
#include "mcp/server/names.h"

namespace larkspur::mcp::server {

HttpChannel::~HttpChannel() {
  if (stream_) stream_->abandon();
  for (Asks::Ask* each : *asked_) {
    each->fail({rpc::kInternalError, "the request has ended", {}});
  }
}

Async<void> HttpChannel::notify(std::string_view method, std::string params) {
  if (!takes_events_) co_return;
  const auto message = notices_.render(method, params);
  if (!message) co_return;
  EventStream* const out = co_await stream();
  co_await out->send(*message);
}

namespace {

// Tells the client that nobody waits for its answer any more, unless there was one.
class TakeBack {
 public:
  TakeBack(const Executor& executor, std::shared_ptr<EventStream> stream, std::int64_t id)
      : executor_(executor), stream_(std::move(stream)), id_(id) {}
  ~TakeBack() {
    if (!stream_) return;
    const auto tell = [](std::shared_ptr<EventStream> stream, std::int64_t id) -> Async<void> {
      const std::string text =
          notification_message(kCancelled, "{\"requestId\":" + std::to_string(id) + "}");
      co_await stream->send(text);
    };
    asio::co_spawn(executor_, tell(std::move(stream_), id_), asio::detached);
  }
  TakeBack(const TakeBack&) = delete;
  TakeBack& operator=(const TakeBack&) = delete;
  void disarm() { stream_ = nullptr; }

 private:
  Executor executor_;
  std::shared_ptr<EventStream> stream_;
  std::int64_t id_;
};

class Listed {
 public:
  Listed(std::shared_ptr<std::set<Asks::Ask*>> list, Asks::Ask& ask)
      : list_(std::move(list)), ask_(&ask) {
    list_->insert(ask_);
  }
  ~Listed() { list_->erase(ask_); }
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;

 private:
  std::shared_ptr<std::set<Asks::Ask*>> list_;
  Asks::Ask* ask_;
};

}  // namespace

Async<RpcResult> HttpChannel::request(std::string method, std::string params) {
  if (asks_ == nullptr || !takes_events_) {
    co_return rpc_fail(rpc::kInternalError, "this client cannot be asked anything");
  }
  const Executor executor = co_await asio::this_coro::executor;
  const std::int64_t id = Asks::next_id();
  Asks::Ask ask(*asks_, executor, session_ + '\n' + std::to_string(id));
  const Listed listed(asked_, ask);
  co_await stream();
  const std::shared_ptr<EventStream> out = stream_;
  TakeBack take_back(executor, out, id);
  const std::string message = request_message(id, method, params);
  if (!co_await out->send(message)) {
    take_back.disarm();
    co_return rpc_fail(rpc::kInternalError, "the client has left");
  }
  RpcResult result = co_await ask.wait();
  take_back.disarm();
  co_return result;
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
