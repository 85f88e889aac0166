// One request of a client that goes down a path: a tool's call, a prompt's get, a resource's read,
// a completion. From the words of the protocol to a CallContext, and back from the reply.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "call/client_input.h"
#include "call/task_holder.h"
#include "call/tool_source.h"
#include "gateway/catalog/tool_finder.h"
#include "gateway/path/log_in_result.h"
#include "gateway/path/routed_content.h"
#include "mcp/server/handler.h"

namespace larkspur::gateway {

// Where calls enter. All outlive what uses this.
struct CallDoors {
  call::ToolSource& tools;
  const ToolFinder& finder;
  call::ToolSource& content;  // the path of what is fetched, its tools the methods
  RoutedContent& routes;
  LogInResult log_in_result;
};

call::Caller caller_of(const mcp::RequestInfo& info);

// True for the methods that perform() performs.
bool is_call(std::string_view method);
// What tells this call from every other of the same principal, and the principal: for what a client
// carries from one request to the next.
std::string binding_of(const mcp::RequestInfo& info, std::string_view method,
                       const json::Value& params);

struct ClientCall {
  const mcp::RequestInfo& info;
  std::string_view method;
  json::Value params;
  json::Value meta;
};

// `messages` may be null, and so may `task`: see CallContext. Everything outlives the call but
// `input`, which is shared.
Async<mcp::RpcResult> perform(const CallDoors& doors, ClientCall call, call::MessageSink* messages,
                              std::shared_ptr<call::ClientInput> input,
                              call::TaskHolder* task = nullptr);

}  // namespace larkspur::gateway
