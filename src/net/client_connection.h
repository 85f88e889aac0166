// One connection of the HTTP client, plain or TLS: one exchange after the other. Internal to net/.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "net/deadline.h"
#include "net/http_client.h"
#include "net/http_parser.h"
#include "net/socket_io.h"

namespace larkspur::net {

// Every wait ends at the deadline with kTimeout, or with kCancelled when the coroutine is
// cancelled. After any error the connection is good for nothing but its destructor.
class ClientConnection {
 public:
  ClientConnection(Executor executor, const Url& url);

  // Tries every address of the host. `tls` is nullptr for http, else it outlives the connection.
  Async<Result<void>> connect(asio::ssl::context* tls, std::chrono::milliseconds limit);

  // Sends the request and reads the answer's header into response().
  Async<Result<void>> exchange(const HttpRequest& request, std::size_t max_header_bytes,
                               std::size_t max_body_bytes);
  // response().body is all of it.
  bool has_whole_body() const { return parser_->is_done(); }
  // Reads some more of the body into response().body. False when the body is complete.
  Async<Result<bool>> read_body();

  HttpResponse& response() { return response_; }
  // The end of the whole exchange.
  void set_deadline(SteadyClock::time_point when) { final_ = when, deadline_.set(when); }
  void clear_deadline() { final_ = SteadyClock::time_point::max(), deadline_.disarm(); }

  // True when the peer was gone before a byte of the answer came, and so soon that it most likely
  // never read the request.
  bool was_stale() const { return stale_; }
  // Another exchange may follow this one.
  bool reusable() const;
  // The peer has neither closed nor sent anything unasked. One system call, no wait.
  bool alive();

  const std::string& origin() const { return origin_; }

 private:
  using Tls = asio::ssl::stream<TcpSocket&>;

  Async<Result<void>> connect_any(std::vector<Tcp::endpoint> endpoints);
  Async<Result<void>> handshake(asio::ssl::context& context);
  Async<boost::system::error_code> write_tls(std::string_view head, std::string_view body);
  Async<boost::system::error_code> write_rest(std::span<asio::const_buffer> rest);
  Async<boost::system::error_code> read_some();
  Async<Result<void>> parse_more();
  std::string_view buffer_text() const {
    return {static_cast<const char*>(buffer_.cdata().data()), buffer_.size()};
  }
  Error explain(boost::system::error_code error, std::string_view doing) const;

  Url url_;
  std::string origin_;
  TcpSocket socket_;
  std::optional<Tls> tls_;
  Deadline deadline_;
  SteadyClock::time_point final_ = SteadyClock::time_point::max();
  boost::beast::flat_buffer buffer_;
  HttpResponse response_;
  std::optional<MessageParser<HttpResponse>> parser_;
  bool stale_ = false;
};

}  // namespace larkspur::net
