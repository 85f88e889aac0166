// An HTTP/1.1 client with connection reuse; one per loop. TLS with certificate checks for https.
// It never follows redirects: whoever calls decides (credentials must not travel by accident).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/async.h"
#include "base/result.h"
#include "net/http_message.h"

namespace larkspur::net {

// An http or https URL in parts. parse() refuses userinfo, fragments and other schemes by name.
struct Url {
  bool tls = false;
  std::string host;  // without brackets for IPv6
  std::string port;
  std::string target = "/";  // path and query

  static Result<Url> parse(std::string_view text);
  std::string origin() const;       // "https://host:port"
  std::string host_header() const;  // "host" or "host:port" where the port is not the scheme's own
};

// A body that is read as it arrives. Dropping it closes the connection unless the body was read to
// its end; then the connection goes back to the pool.
class HttpBodyStream {
 public:
  virtual ~HttpBodyStream() = default;
  virtual int status() const = 0;
  virtual const Headers& headers() const = 0;
  // Until when the reads that follow may take; a read that takes longer ends with kTimeout, and the
  // body with it. None at first.
  virtual void set_deadline(SteadyClock::time_point when) = 0;
  // The next bytes; an empty string at the end of the body.
  virtual Async<Result<std::string>> read_some() = 0;
  // The whole body, where all of it has come and nothing was read yet, as with most short answers;
  // then the body has been read to its end.
  virtual std::optional<std::string> take_if_complete() { return std::nullopt; }
};

struct HttpClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds idle_timeout{60'000};  // of a pooled connection
  std::size_t max_idle_per_origin = 64;
  std::size_t max_header_bytes = 32 * 1024;
  std::string ca_file;  // extra trust anchors; the system's otherwise
};

// Used and destroyed on its loop. Idle connections keep no loop busy: run() may return with some
// open.
class HttpClient {
 public:
  explicit HttpClient(Executor executor, HttpClientOptions options = {});
  ~HttpClient();

  // Sends and reads the whole answer, at most max_body_bytes of it (kTooLarge beyond). The
  // request's Host and Content-Length are set here. A pooled connection that turns out dead before
  // a byte of the answer came is replaced once, silently. Cancelling the coroutine closes the
  // connection. Errors: kUnavailable (connect, resolve), kTimeout, kClosed, kProtocol, kTooLarge.
  Async<Result<HttpResponse>> send(Url url, HttpRequest request, SteadyClock::time_point deadline,
                                   std::size_t max_body_bytes = 64 * 1024 * 1024);

  // The same up to the end of the answer's headers; the deadline covers only that part.
  Async<Result<std::unique_ptr<HttpBodyStream>>> open(Url url, HttpRequest request,
                                                      SteadyClock::time_point deadline);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace larkspur::net
