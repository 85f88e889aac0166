// An answer that is an event stream: whole events, one at a time whoever sends, and a comment
// whenever it has been quiet for long, so that nothing on the way takes it for dead.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/async.h"
#include "mcp/server/gate.h"
#include "mcp/server/http_exchange.h"
#include "mcp/server/message_sink.h"

namespace larkspur::mcp::server {

// On the connection's loop only. Shared, because the coroutine that sends comments may look at it
// once more after its owner has gone.
class EventStream final : public MessageSink, public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(const Executor& executor, HttpExchange& exchange,
              std::chrono::milliseconds keep_alive)
      : exchange_(exchange), keep_alive_(keep_alive), gate_(executor), quiet_(executor) {}

  // Opens the stream if it is not open. False when the peer has left.
  Async<bool> open();
  // Opens the stream where needed.
  Async<bool> send(std::string_view message) override;
  // After this has returned nothing is written any more. The stream itself ends with the exchange.
  Async<void> close();
  // The same without waiting, for the end by an exception.
  void abandon();

 private:
  Async<bool> write(std::string_view bytes);  // REQUIRES: holds the gate
  static Async<void> send_comments(std::shared_ptr<EventStream> self);

  HttpExchange& exchange_;
  std::chrono::milliseconds keep_alive_;
  Gate gate_;
  Timer quiet_;
  bool opened_ = false;
  bool closed_ = false;
};

}  // namespace larkspur::mcp::server
