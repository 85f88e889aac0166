// One MCP server as a client sees it: era found out by probing, sessions, reconnects,
// notifications. One Client talks over one connection (stdio) or one session (HTTP); it lives on
// one loop.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "json/value.h"
#include "mcp/client/credentials.h"
#include "mcp/protocol.h"
#include "net/child_process.h"
#include "net/http_client.h"

namespace larkspur::mcp {

struct ClientOptions {
  Implementation client{"larkspur", LARKSPUR_VERSION};
  std::chrono::milliseconds connect_timeout{10'000};  // probe and initialize together
  std::size_t max_message_bytes = 64 * 1024 * 1024;
  // What initialize declares, a raw object. Modern requests declare what CallOptions says.
  std::string capabilities = "{}";
  // Whether to keep a stream open for messages that belong to no request (legacy: the GET stream;
  // modern: subscriptions/listen). Of several clients of one modern server only one needs to; over
  // HTTP, a legacy session always does, since its server may ask there, too.
  bool listen = true;
  // A line for the operator: what a stdio server wrote to stderr, garbage on its stdout, a
  // reconnect.
  std::function<void(std::string_view line)> log;
  // list_changed, resources/updated and other messages that belong to no request. After a
  // reconnect, and wherever such a message may have been missed, the client says
  // notifications/tools/list_changed itself.
  std::function<void(std::string_view method, std::string_view params)> on_notification;
};

struct StdioServer {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;
  std::string working_directory;
};

struct HttpServerAddress {
  net::Url url;
  net::Headers headers;  // sent on every request: static credentials
  // Where they change; nullptr: they do not. Outlives the client.
  Credentials* credentials = nullptr;
  // HTTP+SSE (2024-11-05). Where false, such a server is found out: it refuses initialize, and a
  // GET gives an `endpoint` event.
  bool sse = false;
};

// What connect() learned.
struct ServerFacts {
  Era era = Era::kLegacy;
  std::string protocol_version;
  Implementation server;
  std::string capabilities;  // raw JSON object
  std::string instructions;
  bool sse = false;  // over HTTP+SSE, the transport of 2024-11-05
};

struct CallOptions {
  SteadyClock::time_point deadline = SteadyClock::time_point::max();
  // Members for params._meta, as a raw JSON object ("" for none): trace context and the caller's
  // own keys. The client adds what the era demands and a progress token of its own.
  std::string meta;
  // Modern era, in _meta: what the server may ask for by input_required (a raw object, "" for
  // nothing), and the least severe log message that is wanted ("" for none).
  std::string client_capabilities;
  std::string log_level;
  // Headers of this request alone (Mcp-Param-*); HTTP only.
  net::Headers headers;
  // Progress and log messages of this request; params is the raw object, its progressToken taken
  // out.
  std::function<void(std::string_view method, std::string_view params)> on_notification;
  bool wants_progress = true;  // where there is an on_notification
  // Answers what the server asks of its client in the course of this request (legacy era:
  // elicitation/create, sampling/createMessage, roots/list); empty: it is refused. `params` is a
  // raw object. Runs on the client's loop, may outlive the call, and is cancelled when the server
  // takes its request back. While it runs, the deadline stands still.
  std::function<Async<RpcResult>(std::string method, std::string params)> on_request;
  // Whose call this is. What a server asks for in a way that does not tell which of several calls
  // it belongs to (stdio) is answered only where all of them are one caller's.
  std::string on_behalf_of;
  // Whether an input_required result (modern era) is an answer; else it is an error.
  bool takes_input_required = false;
  // The same for a result of the type "task" (the extension of that name).
  bool takes_task = false;
  // Filled in where given: what the log wants to know about the exchange.
  struct Facts {
    std::size_t request_bytes = 0;
    std::size_t response_bytes = 0;
    std::string request_id;  // the JSON-RPC id that the backend saw
    int http_status = 0;     // 0 on stdio
    bool sse = false;        // it went over HTTP+SSE
    int attempts = 1;
    bool input_required = false;   // the answer is such a result
    bool task = false;             // the same
    std::string protocol_version;  // that the server speaks; "" before it is known
  };
  Facts* facts = nullptr;
};

// What ended a call that got no result: Error for the transport (kUnavailable, kTimeout, kClosed,
// kProtocol, kCancelled, ...), `rpc` when the server answered with a JSON-RPC error (code
// kInvalidArgument in `error`).
struct CallError {
  Error error;
  std::optional<RpcError> rpc;
};
using CallReply = std::expected<std::string, CallError>;  // the raw result object

class Client {
 public:
  static std::unique_ptr<Client> over_http(Executor executor, net::HttpClient& http,
                                           HttpServerAddress address, ClientOptions options);
  static std::unique_ptr<Client> over_stdio(Executor executor, StdioServer server,
                                            ClientOptions options);
  virtual ~Client() = default;  // does not wait; use close() for a clean end

  // Connects if not connected; many callers share one attempt, and one caller that gives up does
  // not end it for the others. After a failure the next attempt waits (100 ms, doubling to 30 s);
  // callers within that time get the last error at once.
  virtual Async<Result<ServerFacts>> connect() = 0;
  virtual bool connected() const = 0;
  // Of the server that it is connected to, nullptr when it is not; until the next co_await.
  virtual const ServerFacts* facts() const = 0;

  // Any request; connects first where needed. `params` is a raw JSON object without _meta, or "".
  // `name` is the value of the Mcp-Name header where the method has one. A call whose coroutine is
  // cancelled, or whose deadline passes, is cancelled at the server too.
  virtual Async<CallReply> call(std::string method, std::string params, std::string name,
                                CallOptions options) = 0;

  // All pages of tools/list, prompts/list, resources/list or resources/templates/list: each item's
  // raw JSON.
  virtual Async<Result<std::vector<std::string>>> list(std::string method,
                                                       SteadyClock::time_point deadline) = 0;

  // From now on, and after every reconnect, the server's resources/updated of these URIs is wanted
  // (legacy: resources/subscribe; modern: subscriptions/listen). Only where the client listens.
  virtual void watch(std::set<std::string> uris) = 0;

  // Ends the session or the process politely.
  virtual Async<void> close() = 0;
};

}  // namespace larkspur::mcp
