#include "net/http_server.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <unordered_map>
#include <vector>

#include "net/http_connection.h"

namespace larkspur::net {

namespace {

using tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using std::chrono_literals::operator""ms;

constexpr auto kAcceptRetry = 100ms;  // after EMFILE and its like
constexpr auto kShutdownPoll = 5ms;
constexpr auto kAbortGrace = 1'000ms;  // for handlers to notice that they were cancelled

}  // namespace

// One acceptor, on loop 0, deals connections out to all loops in turn: agents hold few connections
// for long, and SO_REUSEPORT's hashing would leave some loops with many and others with none (and
// would let a second gateway take half of the first one's connections by mistake).
struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loops& l, HttpServerOptions o, HttpHandler h)
      : loops(l), options(std::move(o)), handler(std::move(h)), open(l.size()), peers(l.size()) {}

  Loops& loops;
  HttpServerOptions options;
  HttpHandler handler;
  std::weak_ptr<Acceptor> acceptor;  // owned by accept_loop(), so that it dies with its loop
  std::atomic<std::uint16_t> port = 0;
  std::atomic<std::size_t> count = 0;
  std::atomic<bool> closing = false;
  // Per loop, touched on that loop only.
  std::vector<std::unordered_map<HttpConnection*, std::weak_ptr<HttpConnection>>> open;
  std::vector<std::weak_ptr<PeerWatch>> peers;  // owned by the loop's connections

  static Async<void> accept_loop(std::shared_ptr<Impl> self, std::shared_ptr<Acceptor> acceptor);
  void adopt(TcpSocket socket, std::size_t loop);
  std::shared_ptr<PeerWatch> peers_of(std::size_t loop);
  void stop_accepting();
  void on_every_connection(void (HttpConnection::*action)());
};

HttpServer::HttpServer(Loops& loops, HttpServerOptions options, HttpHandler handler)
    : impl_(std::make_shared<Impl>(loops, std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() {
  impl_->stop_accepting();
  impl_->on_every_connection(&HttpConnection::abort);
}

std::uint16_t HttpServer::port() const {
  return impl_->port;
}
std::size_t HttpServer::connections() const {
  return impl_->count;
}

Result<void> HttpServer::listen() {
  const HttpServerOptions& options = impl_->options;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("cannot listen on '{}': it is not an IP address", options.address));
  }
  const tcp::endpoint endpoint(address, options.port);
  auto acceptor = std::make_shared<Acceptor>(impl_->loops.executor(0));
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(SOMAXCONN, error);
  if (error) {
    return fail(ErrorCode::kIo, fmt::format("cannot listen on {} port {}: {}", options.address,
                                            options.port, error.message()));
  }
  impl_->port = acceptor->local_endpoint().port();
  impl_->acceptor = acceptor;
  asio::co_spawn(impl_->loops.executor(0), Impl::accept_loop(impl_, std::move(acceptor)),
                 asio::detached);
  return {};
}

Async<void> HttpServer::Impl::accept_loop(std::shared_ptr<Impl> self,
                                          std::shared_ptr<Acceptor> acceptor) {
  Timer pause(acceptor->get_executor());
  for (std::size_t next = 0; acceptor->is_open(); next = (next + 1) % self->loops.size()) {
    auto [error, socket] = co_await acceptor->async_accept(self->loops.executor(next), kAwaitTuple);
    if (!error) {
      self->adopt(std::move(socket), next);
    } else if (acceptor->is_open() && error != asio::error::connection_aborted) {
      pause.expires_after(kAcceptRetry);
      co_await pause.async_wait(kAwaitTuple);
    }
  }
}

void HttpServer::Impl::adopt(TcpSocket socket, std::size_t loop) {
  if (count >= options.max_connections) {
    static constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kFull), ignored);
    return;
  }
  ++count;
  const Executor executor = loops.executor(loop);
  asio::post(executor, [self = shared_from_this(), socket = std::move(socket), loop]() mutable {
    const Executor here = socket.get_executor();
    auto connection = std::make_shared<HttpConnection>(std::move(socket), self->options,
                                                       self->handler, self->peers_of(loop));
    self->open[loop].emplace(connection.get(), connection);
    if (self->closing) connection->drain();
    auto& slot = connection->stop_signal();
    auto served = connection->serve();
    auto done = [self, connection = std::move(connection), loop](std::exception_ptr) {
      self->open[loop].erase(connection.get());
      --self->count;
    };
    asio::co_spawn(here, std::move(served),
                   asio::bind_cancellation_slot(slot.slot(), std::move(done)));
  });
}

std::shared_ptr<PeerWatch> HttpServer::Impl::peers_of(std::size_t loop) {
  auto found = peers[loop].lock();
  if (!found) peers[loop] = found = std::make_shared<PeerWatch>(loops.executor(loop));
  return found;
}

void HttpServer::Impl::stop_accepting() {
  closing = true;
  asio::post(loops[0], [self = shared_from_this()] {
    boost::system::error_code ignored;
    if (const auto held = self->acceptor.lock()) held->close(ignored);
  });
}

void HttpServer::Impl::on_every_connection(void (HttpConnection::*action)()) {
  loops.post_to_all([self = shared_from_this(), action](std::size_t loop) {
    // A copy: an action may end connections, and with them their entries here.
    const auto connections = self->open[loop];
    for (const auto& entry : connections) {
      if (const auto connection = entry.second.lock()) ((*connection).*action)();
    }
  });
}

Async<void> HttpServer::shutdown(std::chrono::milliseconds grace) {
  const auto impl = impl_;
  Timer poll(co_await asio::this_coro::executor);
  auto wait_until_empty = [&](std::chrono::milliseconds limit) -> Async<void> {
    const auto until = SteadyClock::now() + limit;
    while (impl->count > 0 && SteadyClock::now() < until) {
      poll.expires_after(kShutdownPoll);
      co_await poll.async_wait(kAwaitTuple);
    }
  };
  impl->stop_accepting();
  impl->on_every_connection(&HttpConnection::drain);
  co_await wait_until_empty(grace);
  impl->on_every_connection(&HttpConnection::abort);
  co_await wait_until_empty(kAbortGrace);
}

}  // namespace larkspur::net
