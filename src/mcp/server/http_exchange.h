// One HTTP request to the MCP endpoint and its answer, in the words of JSON-RPC.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/async.h"
#include "mcp/auth/authenticator.h"
#include "mcp/protocol.h"
#include "net/http_server.h"

namespace larkspur::mcp::server {

// Lives as long as the request is handled. The page that an Origin header names may read the answer
// (CORS), unless it is hidden from pages: the header has to pass the origin check first.
class HttpExchange {
 public:
  HttpExchange(net::HttpRequest& request, net::HttpResponder& responder)
      : request_(request), responder_(responder) {}

  net::HttpRequest& request() { return request_; }
  net::HttpResponder& responder() { return responder_; }
  std::string_view header(std::string_view name) const { return request_.headers.get(name); }

  Async<void> reply_empty(int status, net::Headers headers = {});
  Async<void> reply_json(int status, std::string body, net::Headers headers = {});
  // A JSON-RPC error; `id` is raw, "null" where the request's is unknown.
  Async<void> refuse(int status, RpcError error, std::string_view id = "null",
                     net::Headers headers = {});

  // Who sent it; anonymous until proved otherwise.
  const Identity& identity() const { return identity_; }
  void set_identity(Identity identity) { identity_ = std::move(identity); }

  void hide_from_pages() { hidden_ = true; }

  // Opens an event stream; false when the peer has left.
  Async<bool> start_events();

 private:
  void add_cors(net::Headers& headers) const;

  net::HttpRequest& request_;
  net::HttpResponder& responder_;
  Identity identity_;
  bool hidden_ = false;
};

}  // namespace larkspur::mcp::server
