// Where the answer to one request goes over HTTP: a single JSON body, or, once something has to be
// said or asked before it, an event stream (mcp streamable HTTP).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "mcp/server/asks.h"
#include "mcp/server/event_stream.h"
#include "mcp/server/handler.h"
#include "mcp/server/http_exchange.h"
#include "mcp/server/notices.h"
#include "mcp/server/slow_answers.h"

namespace larkspur::mcp::server {

class HttpChannel final : public RequestChannel, private SlowAnswers::Watch {
 public:
  // `takes_events`: whether the client accepts an event stream.
  HttpChannel(HttpExchange& exchange, RequestNotices notices, bool takes_events,
              std::chrono::milliseconds keep_alive)
      : exchange_(exchange),
        notices_(std::move(notices)),
        takes_events_(takes_events),
        keep_alive_(keep_alive) {}

  // From now on requests can be sent, whose answers come to `asks` under names that begin with
  // `session`. Both outlive this.
  void let_ask(Asks& asks, std::string session) {
    asks_ = &asks;
    session_ = std::move(session);
  }
  // From now on an answer that is a stream is kept, and can be resumed by `session`. `primed`: see
  // EventStream. `streams` outlives this.
  void let_resume(KeptStreams& streams, bool primed) {
    kept_streams_ = &streams;
    primed_ = primed;
  }
  // From now on the answer becomes a stream by itself when it takes long.
  void watch(SlowAnswers& slow, const Executor& executor) {
    executor_ = executor;
    if (takes_events_) start(slow, executor);
  }
  ~HttpChannel() override;
  HttpChannel(const HttpChannel&) = delete;
  HttpChannel& operator=(const HttpChannel&) = delete;

  Async<void> notify(std::string_view method, std::string params) override;
  Async<RpcResult> request(std::string method, std::string params) override;

  // The response, with `status` where it is the whole answer. Nothing may be notified after it.
  Async<void> finish(int status, std::string message);
  // Ends the answer with no response: the request was cancelled.
  Async<void> finish_without_response();

 private:
  EventStream& stream(const Executor& executor);
  void slow() override;

  HttpExchange& exchange_;
  RequestNotices notices_;
  bool takes_events_;
  std::chrono::milliseconds keep_alive_;
  std::shared_ptr<EventStream> stream_;  // from the first message on, or when it takes long
  KeptStreams* kept_streams_ = nullptr;
  bool primed_ = false;
  std::optional<Executor> executor_;  // once it is watched
  Asks* asks_ = nullptr;
  std::string session_;
  // Shared, because what was asked may hear of its end when the channel is gone.
  std::shared_ptr<std::set<Asks::Ask*>> asked_ = std::make_shared<std::set<Asks::Ask*>>();
};

}  // namespace larkspur::mcp::server
