#include "net/client_connection.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include "net/http_wire.h"
#include "net/resolve.h"

namespace larkspur::net {

namespace {

// A peer that closed an idle connection shows within a round trip. One that dies later has most
// likely read the request, and sending it again might do its work twice.
constexpr std::chrono::milliseconds kStaleWindow{1'000};

bool is_literal(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

// An event stream may be quiet for hours: that its server has gone without a word is found out in
// two minutes all the same.
void keep_alive(TcpSocket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  for (const auto& [option, value] :
       {std::pair{TCP_KEEPIDLE, 60}, {TCP_KEEPINTVL, 15}, {TCP_KEEPCNT, 4}}) {
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
  }
}

}  // namespace

ClientConnection::ClientConnection(Executor executor, const Url& url)
    : url_(url), origin_(url.origin()), socket_(executor), deadline_(executor, [this] {
        boost::system::error_code ignored;
        socket_.cancel(ignored);
      }) {}

// What an error means for the caller. Only the deadline and a cancellation abort operations.
Error ClientConnection::explain(boost::system::error_code error, std::string_view doing) const {
  if (deadline_.passed()) {
    return {ErrorCode::kTimeout, fmt::format("the time ran out while {} {}", doing, origin_)};
  }
  if (error == asio::error::operation_aborted) {
    return {ErrorCode::kCancelled, fmt::format("cancelled while {} {}", doing, origin_)};
  }
  return {ErrorCode::kClosed,
          fmt::format("the connection broke while {} {}: {}", doing, origin_, error.message())};
}

Async<Result<void>> ClientConnection::connect(asio::ssl::context* tls,
                                              std::chrono::milliseconds limit) {
  const auto exchange_end = final_;
  const auto connect_end = std::min(exchange_end, SteadyClock::now() + limit);
  auto endpoints = co_await resolve(url_.host, url_.port, connect_end);
  if (!endpoints) co_return fail(std::move(endpoints.error()));

  final_ = connect_end;
  auto connected = co_await connect_any(std::move(*endpoints));
  if (connected && tls != nullptr) connected = co_await handshake(*tls);
  if (!connected) co_return connected;
  boost::system::error_code ignored;
  socket_.set_option(Tcp::no_delay(true), ignored);
  keep_alive(socket_);
  socket_.non_blocking(true, ignored);
  set_deadline(exchange_end);
  co_return connected;
}

// One address after the other, each with a fair share of the time that is left: a first address
// that swallows packets must not cost the second one its chance.
Async<Result<void>> ClientConnection::connect_any(std::vector<Tcp::endpoint> endpoints) {
  std::string why;
  bool timed_out = false;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto now = SteadyClock::now();
    deadline_.set(now + (final_ - now) / static_cast<long>(endpoints.size() - i));
    boost::system::error_code error;
    socket_.close(error);
    std::tie(error) = co_await socket_.async_connect(endpoints[i], kAwaitTuple);
    timed_out = deadline_.passed();
    if (!error && !timed_out) co_return Result<void>();

    if (error == asio::error::operation_aborted && !timed_out) {
      co_return fail(explain(error, "connecting to"));
    }
    why +=
        fmt::format("{}{} port {}: {}", why.empty() ? "" : "; ", endpoints[i].address().to_string(),
                    endpoints[i].port(), timed_out ? "no answer in time" : error.message());
  }
  co_return fail(timed_out ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
                 fmt::format("cannot connect to {}: {}", origin_, why));
}

Async<Result<void>> ClientConnection::handshake(asio::ssl::context& context) {
  tls_.emplace(socket_, context);
  SSL* ssl = tls_->native_handle();
  X509_VERIFY_PARAM* checks = SSL_get0_param(ssl);
  bool prepared = true;
  if (is_literal(url_.host)) {
    prepared = X509_VERIFY_PARAM_set1_ip_asc(checks, url_.host.c_str()) == 1;
  } else {
    prepared = X509_VERIFY_PARAM_set1_host(checks, url_.host.data(), url_.host.size()) == 1 &&
               SSL_set_tlsext_host_name(ssl, url_.host.c_str()) == 1;
  }
  static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  prepared = prepared && SSL_set_alpn_protos(ssl, kHttp11.data(), kHttp11.size()) == 0;
  if (!prepared) co_return fail(ErrorCode::kInternal, "OpenSSL refused the settings of a session");

  deadline_.set(final_);
  const auto [error] = co_await tls_->async_handshake(Tls::client, kAwaitTuple);
  if (!error && !deadline_.passed()) co_return Result<void>();
  const long verdict = SSL_get_verify_result(ssl);
  if (error && verdict != X509_V_OK) {
    co_return fail(ErrorCode::kUnavailable,
                   fmt::format("the certificate of {} is not accepted: {}; trust its issuer with a "
                               "CA file, or correct the host name",
                               origin_, X509_verify_cert_error_string(verdict)));
  }
  Error explained = explain(error, "starting TLS with");
  if (explained.code == ErrorCode::kClosed) explained.code = ErrorCode::kUnavailable;
  co_return fail(std::move(explained));
}

Async<boost::system::error_code> ClientConnection::write_tls(std::string_view head,
                                                             std::string_view body) {
  const std::array<asio::const_buffer, 2> all{asio::buffer(head), asio::buffer(body)};
  const auto [error, count] = co_await asio::async_write(*tls_, all, kAwaitTuple);
  co_return error;
}

Async<boost::system::error_code> ClientConnection::write_rest(std::span<asio::const_buffer> rest) {
  for (;;) {
    auto [error] = co_await socket_.async_wait(TcpSocket::wait_write, kAwaitTuple);
    if (!error && deadline_.passed()) error = asio::error::timed_out;
    if (error) co_return error;
    error = write_now(socket_, rest);
    if (error != asio::error::would_block) co_return error;
  }
}

Async<boost::system::error_code> ClientConnection::read_some() {
  const auto room = prepare_read(buffer_, parser_->is_header_done());
  if (tls_) {
    const auto [error, count] = co_await tls_->async_read_some(room, kAwaitTuple);
    buffer_.commit(count);
    co_return error;
  }
  const auto [error, count] = co_await socket_.async_read_some(room, kAwaitTuple);
  buffer_.commit(count);
  co_return error;
}

Async<Result<void>> ClientConnection::exchange(const HttpRequest& request,
                                               std::size_t max_header_bytes,
                                               std::size_t max_body_bytes) {
  std::string head;
  auto ready = append_request_head(head, request, url_.host_header());
  if (!ready) co_return ready;
  stale_ = false;
  const auto sent_at = SteadyClock::now();
  boost::system::error_code write_error;
  if (tls_) {
    write_error = co_await write_tls(head, request.body);
  } else {
    std::array<asio::const_buffer, 2> rest{asio::buffer(head), asio::buffer(request.body)};
    write_error = write_now(socket_, rest);  // as a rule that is all
    if (write_error == asio::error::would_block) write_error = co_await write_rest(rest);
  }
  // Even where the write failed there may be an answer that says why (413, 401).
  bool first = true;
  do {  // interim answers (1xx) are passed over
    response_ = HttpResponse();
    parser_.emplace(response_, max_header_bytes, max_body_bytes);
    parser_->skip(request.method == "HEAD");
    while (!parser_->is_header_done()) {
      auto parsed = co_await parse_more();
      if (parsed) continue;
      const bool nothing_came = first && !parser_->got_some() && buffer_.size() == 0;
      stale_ = parsed.error().code == ErrorCode::kClosed && nothing_came &&
               SteadyClock::now() - sent_at < kStaleWindow;
      if (write_error && nothing_came) parsed = fail(explain(write_error, "sending to"));
      co_return parsed;
    }
    first = false;
  } while (response_.status / 100 == 1 && response_.status != 101);
  if (response_.status == 101) {
    co_return fail(ErrorCode::kProtocol, fmt::format("{} switched protocols unasked", origin_));
  }
  // What came of the body together with the header.
  if (!parser_->is_done() && buffer_.size() > 0) buffer_.consume(parser_->put(buffer_text()));
  co_return Result<void>();
}

Async<Result<bool>> ClientConnection::read_body() {
  if (parser_->is_done()) co_return false;
  auto parsed = co_await parse_more();
  if (!parsed) co_return fail(std::move(parsed.error()));
  co_return true;
}

// Feeds the parser what is there, or what comes next.
Async<Result<void>> ClientConnection::parse_more() {
  bool ended = false;
  std::size_t used = 0;
  if (buffer_.size() > 0 && !parser_->error()) used = parser_->put(buffer_text());
  buffer_.consume(used);
  if (used == 0 && !parser_->error()) {
    const auto error = co_await read_some();
    ended = error == asio::error::eof;
    if ((error && !ended) || deadline_.passed()) {
      co_return fail(explain(error, "reading from"));
    }
    if (ended && !parser_->got_some()) co_return fail(explain(error, "reading from"));
    if (ended) {
      parser_->put_eof();
      if (parser_->error()) co_return fail(explain(error, "reading from"));
    } else {
      buffer_.consume(parser_->put(buffer_text()));
    }
  }
  if (const ParseError& error = parser_->error()) {
    co_return fail(error.status == 413 ? ErrorCode::kTooLarge : ErrorCode::kProtocol,
                   fmt::format("the answer of {} is not acceptable: {}", origin_, error.message));
  }
  co_return Result<void>();
}

bool ClientConnection::reusable() const {
  return parser_ && parser_->is_done() && parser_->keep_alive() && buffer_.size() == 0;
}

bool ClientConnection::alive() {
  char byte = 0;
  const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace larkspur::net
