// MCP over Streamable HTTP, both eras on one endpoint (mcp 2025-11-25 and 2026-07-28 transports).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "mcp/auth/authenticator.h"
#include "mcp/server/handler.h"
#include "mcp/server/kept_streams.h"
#include "mcp/server/sessions.h"
#include "net/http_server.h"

namespace larkspur::mcp {

struct HttpEndpointOptions {
  // Origins that browsers may come from, besides loopback ones ("https://app.example.com").
  std::vector<std::string> allowed_origins;
  // Host header values that are served, besides loopback names with any port; empty with
  // any_host = true when the server is bound to a public address.
  std::vector<std::string> allowed_hosts;
  bool any_host = false;
  // Request headers that the handler gets to see (RequestInfo::forwarded), in lower case.
  std::vector<std::string> forward_headers;
  std::chrono::milliseconds keep_alive{15'000};  // comment lines on quiet streams
  server::KeepLimits keep;                       // of streams that can be resumed
  // Asked for every request once its origin has passed; nullptr: everybody is anonymous. Outlives
  // the endpoint.
  Authenticator* authenticator = nullptr;
};

// What an HTTP request turned out to ask for, for whoever measures. "" where it did not come to
// that. A client's own words: never trusted, never a label as they are.
struct Asked {
  std::string method;  // "tools/call"
  std::string name;    // params.name
};

// Thread rule: handle() may run on every loop at once.
class HttpEndpoint {
 public:
  HttpEndpoint(Handler& handler, SessionStore& sessions, ChangeFeed& changes,
               HttpEndpointOptions options);
  ~HttpEndpoint();

  // One HTTP request to the MCP path, answered completely. `asked`, where it is not null, is filled
  // in before anything is answered.
  Async<void> handle(net::HttpRequest& request, net::HttpResponder& responder,
                     Asked* asked = nullptr);

  // Ends GET and listen streams, for shutdown. Any thread.
  void stop();

  // What is under way. Any thread.
  struct Counts {
    std::size_t calls = 0;    // of legacy clients
    std::size_t streams = 0;  // GET and listen streams that are open
    std::size_t kept = 0;     // streams of legacy sessions that are open or can be resumed
  };
  Counts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larkspur::mcp
