// One backend MCP server as the leaf of the path sees it. The gateway has the one that talks;
// telemetry has a decorator that measures (a CLIENT span for each call, metrics), made only when
// telemetry is on.
#pragma once

#include <string>
#include <string_view>

#include "base/async.h"
#include "call/tool_source.h"

namespace larkspur::call {

struct BackendFacts {
  std::string name;
  std::string transport;  // "stdio", "streamable-http" or "sse"
  std::string base_url;   // "" for stdio
};

// Thread rule: call() may run on every loop at once.
class BackendClient {
 public:
  virtual ~BackendClient() = default;
  virtual const BackendFacts& facts() const = 0;

  // Calls the tool that the backend itself names `own_name`. What travels in
  // params._meta.traceparent is context.trace: a decorator sets it to its own span for the time of
  // the call.
  virtual Async<CallReply> call(CallContext& context, std::string own_name,
                                std::string_view arguments) = 0;

  // Any other request about what the backend offers (prompts/get, resources/read,
  // completion/complete). `params`: raw, with the backend's own names; `name` is the value of the
  // header Mcp-Name, "" where the method has none.
  virtual Async<CallReply> fetch(CallContext& context, std::string method, std::string params,
                                 std::string name) = 0;
};

}  // namespace larkspur::call
