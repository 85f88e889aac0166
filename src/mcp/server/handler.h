// What stands behind the protocol on the server side. mcp/server speaks both eras and both
// transports with clients; what the answers are is a Handler's business. The gateway has the one
// that matters.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.h"
#include "json/value.h"
#include "mcp/auth/authenticator.h"
#include "mcp/protocol.h"

namespace larkspur::mcp {

struct ParamHeader;  // mcp/client/param_headers.h

enum class Transport : unsigned char { kStreamableHttp, kStdio };

// Facts about one request, whichever era it came in. Lives as long as the request is handled.
struct RequestInfo {
  Era era = Era::kLegacy;
  Transport transport = Transport::kStreamableHttp;
  std::string protocol_version;
  std::string session_id;           // legacy only; "" otherwise
  std::string id;                   // the JSON-RPC id, raw: 7 or "abc"
  Implementation client;            // as the client says; never trusted
  std::string client_capabilities;  // a raw JSON object; "" when unknown
  std::string log_level;            // the least severe message that the client wants; "" for none
  std::string peer;                 // "127.0.0.1:40312"; "" on stdio
  Identity identity;                // who sent it
  // The HTTP request's own trace context, as it came; "" where there is none.
  std::string traceparent;
  std::string tracestate;
  // Those headers of the HTTP request that HttpEndpointOptions::forward_headers names. They may be
  // credentials: never log them.
  std::vector<std::pair<std::string, std::string>> forwarded;
};

// Messages to the client that belong to one request: progress and logging. On HTTP the first one
// turns the answer into an event stream; where the client takes none, messages are dropped.
class RequestChannel {
 public:
  virtual ~RequestChannel() = default;
  // `params` is a raw JSON object. On the request's loop only.
  virtual Async<void> notify(std::string_view method, std::string params) = 0;

  // Legacy era: sends the client a request, on the stream of this one's answer, and waits for what
  // it says. On HTTP, kInternalError where the client takes no event stream or has left. Cancelled,
  // the client is told that nobody waits; it ends with an error where the channel ends first.
  virtual Async<RpcResult> request(std::string method, std::string params) = 0;
};

struct Request {
  const RequestInfo& info;
  std::string_view method;
  json::Value params;  // absent when the message has none
  json::Value meta;    // params._meta, absent when there is none
  RequestChannel& channel;
};

struct ServerIdentity {
  Implementation server;
  std::string instructions;
  // Raw JSON object, for example {"tools":{"listChanged":true}}.
  std::string capabilities;
  // The same where the modern era has other words; "" where it has not.
  std::string modern_capabilities = {};

  const std::string& capabilities_in(Era era) const {
    const bool apart = era == Era::kModern && !modern_capabilities.empty();
    return apart ? modern_capabilities : capabilities;
  }
};

// Called on the loop of the client's connection, by many coroutines at once on every loop.
// Cancelled (Asio cancellation) when a modern client leaves or a client sends
// notifications/cancelled.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual const ServerIdentity& identity() const = 0;

  // The arguments of that tool which a modern client must repeat in headers (Mcp-Param-*); null
  // where there are none, or where `who` may not call it.
  virtual std::shared_ptr<const std::vector<ParamHeader>> param_headers(const Identity& who,
                                                                        std::string_view tool) {
    static_cast<void>(who), static_cast<void>(tool);
    return nullptr;
  }

  // What initialize and server/discover tell this client of how to use what is here; "" for
  // nothing.
  virtual std::string instructions(const Identity& who) const {
    static_cast<void>(who);
    return identity().instructions;
  }

  // Every request but those that mcp/server answers itself (initialize, ping, server/discover,
  // logging/setLevel, subscriptions/listen). The result is in the words of 2025-11-25; era-specific
  // members (resultType, ttlMs, cacheScope, serverInfo) are stamped by mcp/server. What a modern
  // client is asked for is a result with the resultType input_required, and a task that it gets for
  // a call one with the resultType task. A method that is not offered: rpc::kMethodNotFound.
  virtual Async<RpcResult> handle(const Request& request) = 0;
};

}  // namespace larkspur::mcp
