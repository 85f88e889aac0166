// An answer that is an event stream: whole events, one at a time whoever sends, and a comment
// whenever it has been quiet for long, so that nothing on the way takes it for dead.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/async.h"
#include "mcp/server/gate.h"
#include "mcp/server/http_exchange.h"
#include "mcp/server/kept_streams.h"
#include "mcp/server/message_sink.h"

namespace larkspur::mcp::server {

// On the connection's loop only. Shared, because the coroutine that sends comments may look at it
// once more after its owner has gone.
class EventStream final : public MessageSink, public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(const Executor& executor, HttpExchange& exchange,
              std::chrono::milliseconds keep_alive)
      : exchange_(exchange), keep_alive_(keep_alive), gate_(executor), quiet_(executor) {}

  // From now on what is sent is kept, too, and has ids. `primed`: the client knows the event with
  // no data that such a stream opens with. Before open().
  void keep_in(std::shared_ptr<KeptStream> kept, bool primed);
  // Called once, when nobody will ever read what is sent: the peer has left, and no other
  // connection can resume the stream or did in time. Before open().
  void on_lost(std::function<void()> call);

  // Opens the stream if it is not open. False when the peer has left.
  Async<bool> open();
  // Opens the stream where needed. True also where the peer has left but may resume the stream.
  Async<bool> send(std::string_view message) override;
  // One that is numbered already: what somebody who resumes a stream gets.
  Async<bool> send_event(WireEvent event);
  // After this has returned nothing is written any more. The stream itself ends with the exchange.
  Async<void> close();
  // The same without waiting, for the end by an exception.
  void abandon();
  // close(); what has been sent can still be resumed.
  Async<void> finish();
  // After this nobody can resume the stream, unless it is finished.
  void forget() {
    if (kept_) kept_->forget();
  }

 private:
  Async<bool> write(std::string_view bytes);  // REQUIRES: holds the gate
  void lose();
  static Async<void> send_comments(std::shared_ptr<EventStream> self);

  HttpExchange& exchange_;
  std::chrono::milliseconds keep_alive_;
  Gate gate_;
  Timer quiet_;
  std::shared_ptr<KeptStream> kept_;
  bool primed_ = false;
  std::function<void()> on_lost_;
  bool opened_ = false;
  bool closed_ = false;
};

}  // namespace larkspur::mcp::server
