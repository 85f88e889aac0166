#include "mcp/server/http_exchange.h"

#include <utility>

#include "mcp/message.h"
#include "mcp/server/headers.h"

namespace larkspur::mcp::server {

Async<void> HttpExchange::reply_empty(int status, net::Headers headers) {
  add_cors(headers);
  net::HttpResponse response{.status = status, .headers = std::move(headers), .body = {}};
  co_await responder_.send(std::move(response));
}

Async<void> HttpExchange::reply_json(int status, std::string body, net::Headers headers) {
  add_cors(headers);
  headers.add("Content-Type", std::string(kJson));
  net::HttpResponse response{
      .status = status, .headers = std::move(headers), .body = std::move(body)};
  co_await responder_.send(std::move(response));
}

Async<void> HttpExchange::refuse(int status, RpcError error, std::string_view id,
                                 net::Headers headers) {
  return reply_json(status, error_message(id, error), std::move(headers));
}

Async<bool> HttpExchange::start_events() {
  net::Headers headers{{"Content-Type", std::string(kEventStream)},
                       {"Cache-Control", "no-cache"},
                       {"X-Accel-Buffering", "no"}};  // nginx would hold events back
  add_cors(headers);
  return responder_.start_stream(200, std::move(headers));
}

void HttpExchange::add_cors(net::Headers& headers) const {
  const std::string_view origin = header("Origin");
  if (origin.empty() || hidden_) return;
  headers.add("Access-Control-Allow-Origin", std::string(origin));
  headers.add("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate");
  headers.add("Vary", "Origin");
}

}  // namespace larkspur::mcp::server
