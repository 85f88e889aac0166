// What both eras share of an HTTP endpoint. Any loop.
#pragma once

#include "mcp/message.h"
#include "mcp/server/asks.h"
#include "mcp/server/handler.h"
#include "mcp/server/http_endpoint.h"
#include "mcp/server/http_exchange.h"
#include "mcp/server/kept_streams.h"
#include "mcp/server/running.h"
#include "mcp/server/sessions.h"
#include "mcp/server/slow_answers.h"

namespace larkspur::mcp::server {

struct HttpCore {
  Handler& handler;
  SessionStore& sessions;
  ChangeFeed& changes;
  HttpEndpointOptions options;
  Running running;
  Asks asks;
  KeptStreams kept{options.keep};
  SlowAnswers slow{options.keep_alive};
};

// The values of those headers that the options let through.
std::vector<std::pair<std::string, std::string>> forwarded_headers(const HttpCore& core,
                                                                   const HttpExchange& exchange);

// The messages of one era, each answered completely. `core` and `exchange` outlive the calls.
Async<void> serve_legacy_post(HttpCore& core, HttpExchange& exchange, Message message);
Async<void> serve_legacy_get(HttpCore& core, HttpExchange& exchange);
Async<void> serve_legacy_delete(HttpCore& core, HttpExchange& exchange);
Async<void> serve_modern_post(HttpCore& core, HttpExchange& exchange, Message message);

}  // namespace larkspur::mcp::server
