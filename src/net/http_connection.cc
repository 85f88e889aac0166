#include "net/http_connection.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <cstdio>
#include <exception>

#include "base/text.h"

namespace larkspur::net {

namespace {

// How far peer_left() reads into requests that have not had their turn.
constexpr std::size_t kMaxReadAhead = 256 * 1024;
// After a refusal, what the peer still sends is thrown away for so long: closing at once would make
// the kernel reset the connection, and the peer might never read why.
constexpr std::chrono::milliseconds kLinger{2'000};

std::string peer_name(const TcpSocket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return {};
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

}  // namespace

HttpConnection::HttpConnection(TcpSocket socket, const HttpServerOptions& options,
                               const HttpHandler& handler, std::shared_ptr<PeerWatch> peers)
    : socket_(std::move(socket)),
      options_(options),
      handler_(handler),
      peers_(std::move(peers)),
      deadline_(socket_.get_executor(), [this] { socket_.cancel(); }) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  peer_ = peer_name(socket_);
}

Async<void> HttpConnection::serve() {
  while (keep_alive_ && !broken_ && co_await read_request()) {
    keep_alive_ = parser_->keep_alive() && parser_->is_http_11() && !draining_;
    co_await run_handler();
  }
  close();
}

void HttpConnection::drain() {
  draining_ = true;
  keep_alive_ = false;
  if (phase_ == Phase::kIdle) close();
}

void HttpConnection::abort() {
  broken_ = true;
  close();
  stop_signal_.emit(asio::cancellation_type::terminal);
}

void HttpConnection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void HttpConnection::enter(Phase phase) {
  phase_ = phase;
  switch (phase) {
    case Phase::kIdle:
      return deadline_.set(options_.idle_timeout);
    case Phase::kHeader:
      return deadline_.set(options_.header_timeout);
    case Phase::kBody:
      return deadline_.set(options_.body_timeout);
    case Phase::kHandling:
      return deadline_.clear();
  }
}

// False when there is no request to serve: the peer has left, was too slow, or was refused.
Async<bool> HttpConnection::read_request() {
  request_ = HttpRequest();
  request_.peer = peer_;
  parser_.emplace(request_, options_.max_header_bytes, options_.max_body_bytes);
  phase_ = Phase::kIdle;
  answered_ = streaming_ = chunked_ = peer_matters_ = false;
  for (;;) {
    while (buffer_.size() > 0) {
      const bool had_header = parser_->is_header_done();
      const auto bytes = buffer_.cdata();
      const std::size_t used = parser_->put({static_cast<const char*>(bytes.data()), bytes.size()});
      buffer_.consume(used);
      if (const ParseError& error = parser_->error()) {
        co_await refuse(error.status, error.message);
        co_return false;
      }
      const bool header_came = !had_header && parser_->is_header_done();
      if (header_came && request_.headers.has("Expect") && !co_await meet_expectation()) {
        co_return false;
      }
      if (parser_->is_done()) {
        enter(Phase::kHandling);
        co_return true;
      }
      if (!header_came) break;  // needs more bytes
    }
    if (draining_ && !parser_->is_header_done() && buffer_.size() == 0) co_return false;
    const Phase next = parser_->is_header_done() ? Phase::kBody
                       : buffer_.size() > 0      ? Phase::kHeader
                                                 : Phase::kIdle;
    if (next != phase_ || next == Phase::kIdle) enter(next);
    if (co_await read_some() > 0) continue;
    if (deadline_.passed() && phase_ != Phase::kIdle) {
      co_await refuse(
          408, phase_ == Phase::kHeader ? "the header took too long" : "the body took too long");
    }
    co_return false;
  }
}

// RFC 9110 10.1.1: a client may wait for a word from us before it sends the body.
Async<bool> HttpConnection::meet_expectation() {
  if (!parser_->is_http_11()) co_return true;
  if (!equals_ignore_case(request_.headers.get("Expect"), "100-continue")) {
    co_await refuse(417, "an Expect other than 100-continue");
    co_return false;
  }
  if (buffer_.size() > 0 || parser_->is_done()) co_return true;  // it does not wait
  co_return co_await write_all("HTTP/1.1 100 Continue\r\n\r\n", {}, {});
}

Async<void> HttpConnection::run_handler() {
  bool failed = false;
  try {
    co_await handler_(request_, *this);
  } catch (const std::exception& error) {
    failed = true;
    if (!broken_) {
      fmt::print(stderr, "http server: the handler of {} {} failed: {}\n",
                 printable(request_.method), printable(request_.target), printable(error.what()));
    }
  }
  peers_->remove(place_in_watch_);
  if (broken_) co_return;
  if (failed || !answered_) {
    // A stream that fails in the middle ends without its last chunk, so that the peer can tell.
    if (answered_) {
      broken_ = true;
    } else {
      HttpResponse response{
          .status = 500, .headers = {{"Content-Type", "text/plain"}}, .body = "internal error\n"};
      co_await send(std::move(response));
    }
  } else if (streaming_ && chunked_) {
    co_await write_all("0\r\n\r\n", {}, {});
  }
}

bool HttpConnection::start_answer(int status, const Headers& headers, Framing framing,
                                  std::size_t length) {
  if (answered_) throw std::logic_error("a second answer to one request");
  answered_ = true;
  if (draining_ || equals_ignore_case(headers.get("Connection"), "close")) keep_alive_ = false;
  head_.clear();
  const auto written = append_response_head(head_, status, headers, framing, length, keep_alive_);
  if (written) return true;
  answered_ = false;
  throw std::logic_error(written.error().message);
}

Async<bool> HttpConnection::send(HttpResponse response) {
  if (broken_) co_return false;
  start_answer(response.status, response.headers, Framing::kLength, response.body.size());
  if (request_.method == "HEAD") response.body.clear();
  std::array<asio::const_buffer, 3> rest{asio::buffer(head_), asio::buffer(response.body), {}};
  const auto error = write_now(socket_, rest);
  if (!error) co_return true;  // as a rule
  co_return co_await write_rest(rest, error);
}

Async<bool> HttpConnection::start_stream(int status, Headers headers) {
  if (broken_) co_return false;
  chunked_ = parser_->is_http_11();
  if (!chunked_) keep_alive_ = false;  // HTTP/1.0 knows no chunks
  start_answer(status, headers, chunked_ ? Framing::kChunked : Framing::kUntilClose, 0);
  streaming_ = true;
  co_return co_await write_all(head_, {}, {});
}

Async<bool> HttpConnection::write(std::string_view piece) {
  if (!streaming_) throw std::logic_error("write() before start_stream()");
  if (piece.empty()) co_return !broken_;  // an empty chunk would end the stream
  if (!chunked_) co_return co_await write_all(piece, {}, {});
  std::array<char, 20> size;
  const auto end = fmt::format_to_n(size.data(), size.size(), "{:x}\r\n", piece.size());
  co_return co_await write_all({size.data(), end.size}, piece, "\r\n");
}

// The usual answer fits into the socket's buffer and leaves with one system call, without a wait.
Async<bool> HttpConnection::write_all(std::string_view first, std::string_view second,
                                      std::string_view third) {
  std::array<asio::const_buffer, 3> rest{asio::buffer(first), asio::buffer(second),
                                         asio::buffer(third)};
  if (broken_) co_return false;
  const auto error = write_now(socket_, rest);
  co_return !error || co_await write_rest(rest, error);
}

// `error`: why the write stopped.
Async<bool> HttpConnection::write_rest(std::span<asio::const_buffer> rest,
                                       boost::system::error_code error) {
  const auto self = shared_from_this();  // whoever writes may outlive the handler
  while (error == asio::error::would_block && !broken_) {
    deadline_.set(options_.write_timeout);
    const auto [wait_error] = co_await socket_.async_wait(TcpSocket::wait_write, kAwaitTuple);
    const bool passed = deadline_.passed();
    deadline_.clear();
    if (wait_error || passed || broken_) break;
    error = write_now(socket_, rest);
    if (!error) co_return true;
  }
  broken_ = true;  // perhaps in the middle of a message: nothing can follow it
  co_return false;
}

Async<void> HttpConnection::refuse(int status, std::string_view message) {
  keep_alive_ = false;
  enter(Phase::kHandling);
  HttpResponse response{.status = status,
                        .headers = {{"Content-Type", "text/plain"}},
                        .body = fmt::format("{}\n", message)};
  if (co_await send(std::move(response))) co_await linger();
}

Async<void> HttpConnection::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(TcpSocket::shutdown_send, ignored);
  deadline_.set(kLinger);
  do {
    buffer_.consume(buffer_.size());
  } while (co_await read_some() > 0);
}

// Reads what is there into the buffer; 0 when the peer has closed or the wait was cut short.
Async<std::size_t> HttpConnection::read_some() {
  const auto room = prepare_read(buffer_, phase_ == Phase::kBody);
  const auto [error, count] = co_await socket_.async_read_some(room, kAwaitTuple);
  buffer_.commit(count);
  co_return deadline_.passed() ? 0 : count;
}

Async<void> HttpConnection::peer_left() {
  while (!broken_) {
    if (buffer_.size() >= kMaxReadAhead) {
      co_await socket_.async_wait(TcpSocket::wait_error, kAwaitTuple);
    } else if (co_await read_some() > 0) {
      continue;
    }
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      // The other side of the race has won; the peer is still there.
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    if (deadline_.passed()) continue;
    broken_ = true;
  }
}

void HttpConnection::cancel_when_peer_leaves() {
  peer_matters_ = true;
  if (!watching_peer_) peers_->add(*this, place_in_watch_);
}

// A plain wait, and one that outlives its request: a connection that is quiet while its handlers
// run needs only a single one.
void HttpConnection::watch_peer() {
  if (watching_peer_) return;
  watching_peer_ = true;
  socket_.async_wait(TcpSocket::wait_read, [weak = weak_from_this()](boost::system::error_code) {
    const auto self = weak.lock();
    if (!self) return;
    self->watching_peer_ = false;
    if (self->phase_ == Phase::kHandling && self->peer_matters_ && !self->broken_) {
      self->look_at_peer();
    }
  });
}

// The peer has closed, or has sent the beginning of its next request.
void HttpConnection::look_at_peer() {
  if (buffer_.size() >= kMaxReadAhead) return;  // it is there, and has sent more than it should
  boost::system::error_code error;
  const std::size_t count = socket_.read_some(prepare_read(buffer_, false), error);
  buffer_.commit(count);
  if (error && error != asio::error::would_block) return abort();
  watch_peer();
}

}  // namespace larkspur::net
