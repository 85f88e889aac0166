// One connection of the HTTP server: reads a request, runs the handler, writes its answer, and so
// on. Lives on one loop. Internal to net/.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/deadline.h"
#include "net/http_parser.h"
#include "net/http_server.h"
#include "net/http_wire.h"
#include "net/peer_watch.h"
#include "net/socket_io.h"

namespace larkspur::net {

class HttpConnection final : public HttpResponder,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  // `options` and `handler` outlive the connection. `peers`: of its loop.
  HttpConnection(TcpSocket socket, const HttpServerOptions& options, const HttpHandler& handler,
                 std::shared_ptr<PeerWatch> peers);
  ~HttpConnection() override { peers_->remove(place_in_watch_); }

  // Until the connection ends. Spawn it with stop_signal()'s slot.
  Async<void> serve();

  asio::cancellation_signal& stop_signal() { return stop_signal_; }
  // Ends after the request in hand; at once when there is none.
  void drain();
  // Ends now; a running handler is cancelled.
  void abort();

  Async<bool> send(HttpResponse response) override;
  Async<bool> start_stream(int status, Headers headers) override;
  Async<bool> write(std::string_view piece) override;
  bool answered() const override { return answered_; }
  Async<void> peer_left() override;
  void cancel_when_peer_leaves() override;

  // For PeerWatch: the handler has run for a while.
  void watch_peer();

 private:
  // What the deadline stands for, and what is owed to the peer when it passes.
  enum class Phase : unsigned char { kIdle, kHeader, kBody, kHandling };

  Async<bool> read_request();
  Async<bool> meet_expectation();
  Async<void> run_handler();
  Async<void> refuse(int status, std::string_view message);
  Async<void> linger();
  Async<std::size_t> read_some();
  void look_at_peer();
  Async<bool> write_all(std::string_view first, std::string_view second, std::string_view third);
  Async<bool> write_rest(std::span<asio::const_buffer> rest, boost::system::error_code error);
  void enter(Phase phase);
  bool start_answer(int status, const Headers& headers, Framing framing, std::size_t length);
  void close();

  TcpSocket socket_;
  const HttpServerOptions& options_;
  const HttpHandler& handler_;
  const std::shared_ptr<PeerWatch> peers_;
  std::size_t place_in_watch_ = PeerWatch::kNowhere;
  asio::cancellation_signal stop_signal_;
  Deadline deadline_;
  boost::beast::flat_buffer buffer_;
  std::string peer_;
  std::string head_;  // of the answer, kept for its memory

  HttpRequest request_;
  std::optional<MessageParser<HttpRequest>> parser_;
  Phase phase_ = Phase::kIdle;
  bool keep_alive_ = true;
  bool draining_ = false;
  bool broken_ = false;  // the peer has left, or does not read: nothing more can be written
  bool answered_ = false;
  bool streaming_ = false;
  bool chunked_ = false;
  bool peer_matters_ = false;   // this request: see cancel_when_peer_leaves()
  bool watching_peer_ = false;  // a wait is under way, perhaps since an earlier request
};

}  // namespace larkspur::net
