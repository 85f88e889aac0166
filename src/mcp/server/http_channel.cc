#include "mcp/server/http_channel.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mcp/message.h"
#include "mcp/server/names.h"

namespace larkspur::mcp::server {

namespace {

void fail_all(const std::set<Asks::Ask*>& asked, std::string_view why) {
  for (Asks::Ask* each : asked) each->fail({rpc::kInternalError, std::string(why), {}});
}

}  // namespace

HttpChannel::~HttpChannel() {
  if (stream_) {
    stream_->abandon();
    stream_->forget();
  }
  fail_all(*asked_, "the request has ended");
}

Async<void> HttpChannel::notify(std::string_view method, std::string params) {
  if (!takes_events_) co_return;
  const auto message = notices_.render(method, params);
  if (!message) co_return;
  const Executor executor = co_await asio::this_coro::executor;
  co_await stream(executor).send(*message);
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
  stream(executor);
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
  leave();
  if (!stream_) {
    co_await exchange_.reply_json(status, std::move(message));
    co_return;
  }
  const std::string line = on_one_line(std::move(message));
  co_await stream_->send(line);
  co_await stream_->finish();
}

Async<void> HttpChannel::finish_without_response() {
  if (!takes_events_) {
    co_await exchange_.reply_empty(202);
    co_return;
  }
  if (!stream_) kept_streams_ = nullptr;  // nothing to resume
  const Executor executor = co_await asio::this_coro::executor;
  stream(executor);
  co_await stream_->open();
  // A client that came back for more would come back for ever.
  stream_->forget();
  co_await stream_->close();
}

EventStream& HttpChannel::stream(const Executor& executor) {
  if (!stream_) {
    leave();  // nothing to watch any more
    stream_ = std::make_shared<EventStream>(executor, exchange_, keep_alive_);
    if (kept_streams_ != nullptr)
      stream_->keep_in(kept_streams_->open(executor, session_), primed_);
    stream_->on_lost([asked = asked_] { fail_all(*asked, "the client has left"); });
  }
  return *stream_;
}

void HttpChannel::slow() {
  const auto open = [](std::shared_ptr<EventStream> stream) -> Async<void> {
    co_await stream->open();
  };
  stream(*executor_);
  asio::co_spawn(*executor_, open(stream_), asio::detached);
}

}  // namespace larkspur::mcp::server
