// An HTTP/1.1 server (RFC 9112) on the program's loops: keep-alive, pipelining, streaming answers,
// strict limits. Connections are dealt out to the loops in turn and stay where they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/async.h"
#include "base/result.h"
#include "net/http_message.h"
#include "net/loops.h"

namespace larkspur::net {

// Where a handler puts its answer: exactly one of send() or start_stream(). Lives as long as the
// handler runs; used only on the connection's loop.
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;

  // A whole answer. False when the peer has left.
  virtual Async<bool> send(HttpResponse response) = 0;

  // A chunked answer, written piece by piece; each write is flushed. The stream ends when the
  // handler returns. False when the peer has left or does not read (see write_timeout).
  virtual Async<bool> start_stream(int status, Headers headers) = 0;
  virtual Async<bool> write(std::string_view piece) = 0;

  virtual bool answered() const = 0;

  // Returns when the peer closes the connection; bytes of a next request that arrive meanwhile are
  // kept. Race it against the work: co_await (work() || responder.peer_left()).
  virtual Async<void> peer_left() = 0;
  // From now on a peer that closes the connection ends it, and the handler is cancelled. For work
  // that nobody else wants, and much cheaper than the race. Not together with peer_left().
  virtual void cancel_when_peer_leaves() = 0;
};

// Runs on the connection's loop. An exception that escapes becomes 500 and is logged.
using HttpHandler = std::function<Async<void>(HttpRequest& request, HttpResponder& responder)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
  std::size_t max_header_bytes = 32 * 1024;
  std::size_t max_body_bytes = 4 * 1024 * 1024;
  std::size_t max_connections = 10'000;
  std::chrono::milliseconds header_timeout{
      10'000};  // from the first byte to the end of the headers
  std::chrono::milliseconds body_timeout{60'000};
  std::chrono::milliseconds idle_timeout{75'000};   // between requests
  std::chrono::milliseconds write_timeout{30'000};  // without progress: a peer that does not read
};

// REQUIRES: destroyed before its loops. What the handler refers to lives until shutdown() has
// returned.
class HttpServer {
 public:
  HttpServer(Loops& loops, HttpServerOptions options, HttpHandler handler);
  ~HttpServer();

  // Binds and starts to accept on every loop. The error says which address and why.
  Result<void> listen();
  std::uint16_t port() const;  // the bound port, after listen()
  std::size_t connections() const;

  // Stops accepting, lets running handlers finish until `grace` has passed, then closes what is
  // left.
  Async<void> shutdown(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace larkspur::net
