#include "mcp/server/http_endpoint.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mcp/server/era.h"
#include "mcp/server/headers.h"
#include "mcp/server/http_core.h"
#include "mcp/server/names.h"
#include "mcp/server/origin.h"

namespace larkspur::mcp {

using server::HttpCore;
using server::HttpExchange;

std::vector<std::pair<std::string, std::string>> server::forwarded_headers(
    const HttpCore& core, const HttpExchange& exchange) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const std::string& name : core.options.forward_headers) {
    const std::string_view value = exchange.header(name);
    if (!value.empty()) found.emplace_back(name, value);
  }
  return found;
}

struct HttpEndpoint::Impl {
  HttpCore core;
};

namespace {

RpcError refused(std::string message) {
  return {rpc::kServerError, std::move(message), {}};
}

Async<void> serve_post(HttpCore& core, HttpExchange& exchange, Asked* asked) {
  if (!server::has_json_content(exchange.request().headers)) {
    RpcError error = refused("Unsupported Media Type: Content-Type must be application/json");
    co_return co_await exchange.refuse(415, std::move(error));
  }
  auto message = parse_message(std::move(exchange.request().body));
  if (!message) co_return co_await exchange.refuse(400, message.error().error, message.error().id);
  if (asked != nullptr) {
    *asked = {std::string(message->method), std::string(message->params["name"].string())};
  }
  if (server::era_of(*message, exchange.header(server::kVersionHeader)) == Era::kModern) {
    co_await server::serve_modern_post(core, exchange, *std::move(message));
  } else {
    co_await server::serve_legacy_post(core, exchange, *std::move(message));
  }
}

constexpr std::string_view kMcpHeaders =
    "Accept, Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, "
    "Mcp-Name, Mcp-Session-Id";

// Those that every client sends, and of the ones that the page asks for those that repeat a tool's
// arguments: their names are the tools' business.
std::string allowed_headers(std::string_view asked) {
  std::string allowed(kMcpHeaders);
  while (!asked.empty()) {
    const std::size_t comma = std::min(asked.find(','), asked.size());
    const std::string name = to_lower(trim(asked.substr(0, comma)));
    const bool is_word =
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
    if (is_word && name.starts_with("mcp-param-")) allowed += ", " + name;
    asked.remove_prefix(std::min(comma + 1, asked.size()));
  }
  return allowed;
}

// CORS, for pages whose origin passed the check (Fetch standard, CORS-preflight).
Async<void> serve_preflight(HttpExchange& exchange) {
  net::Headers headers{{"Access-Control-Allow-Methods", "GET, POST, DELETE"},
                       {"Access-Control-Allow-Headers",
                        allowed_headers(exchange.header("Access-Control-Request-Headers"))},
                       {"Access-Control-Max-Age", "86400"}};
  co_await exchange.reply_empty(204, std::move(headers));
}

// The headers that tell a client where to get a token must reach pages, too: add_cors() sees to it.
Async<void> refuse_identity(HttpExchange& exchange, Challenge challenge) {
  net::Headers headers;
  if (!challenge.www_authenticate.empty()) {
    headers.add("WWW-Authenticate", std::move(challenge.www_authenticate));
  }
  co_await exchange.refuse(challenge.status, refused(std::move(challenge.message)), "null",
                           std::move(headers));
}

Async<void> refuse_method(HttpExchange& exchange, std::string allowed) {
  RpcError error = refused("Method not allowed; use " + allowed);
  net::Headers headers{{"Allow", std::move(allowed)}};
  co_await exchange.refuse(405, std::move(error), "null", std::move(headers));
}

}  // namespace

HttpEndpoint::HttpEndpoint(Handler& handler, SessionStore& sessions, ChangeFeed& changes,
                           HttpEndpointOptions options)
    : impl_(new Impl{{.handler = handler,
                      .sessions = sessions,
                      .changes = changes,
                      .options = std::move(options),
                      .running = {},
                      .asks = {}}}) {}

HttpEndpoint::~HttpEndpoint() = default;

Async<void> HttpEndpoint::handle(net::HttpRequest& request, net::HttpResponder& responder,
                                 Asked* asked) {
  HttpCore& core = impl_->core;
  HttpExchange exchange(request, responder);
  if (auto reason = server::refuse_origin(request.headers, core.options)) {
    exchange.hide_from_pages();
    co_return co_await exchange.refuse(403, refused(*std::move(reason)));
  }
  // A preflight carries no credentials (Fetch standard).
  if (request.method == "OPTIONS") co_return co_await serve_preflight(exchange);
  if (core.options.authenticator != nullptr) {
    auto identity = co_await core.options.authenticator->authenticate(request);
    if (!identity) co_return co_await refuse_identity(exchange, std::move(identity.error()));
    exchange.set_identity(*std::move(identity));
  }
  if (request.method == "POST") co_return co_await serve_post(core, exchange, asked);
  if (request.method != "GET" && request.method != "DELETE") {
    co_return co_await refuse_method(exchange, "GET, POST, DELETE, OPTIONS");
  }
  if (server::is_modern_version(exchange.header(server::kVersionHeader))) {
    co_return co_await refuse_method(exchange, "POST");
  }
  if (request.method == "GET") co_return co_await server::serve_legacy_get(core, exchange);
  co_await server::serve_legacy_delete(core, exchange);
}

HttpEndpoint::Counts HttpEndpoint::counts() const {
  const HttpCore& core = impl_->core;
  return {core.running.calls(), core.running.streams(), core.kept.count()};
}

void HttpEndpoint::stop() {
  impl_->core.running.stop();
}

}  // namespace larkspur::mcp
