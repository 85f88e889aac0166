// The gateway as an MCP server: its lists, and how the calls of a client of either era are started,
// asked for input, and answered. Other methods come from the protocol's own room or are not
// offered.
#pragma once

#include "gateway/client_call.h"
#include "gateway/parked_calls.h"
#include "gateway/subscriptions.h"
#include "mcp/server/handler.h"

namespace larkspur::gateway {

class ProtocolHandler : public mcp::Handler {
 public:
  // All outlive this.
  ProtocolHandler(mcp::ServerIdentity identity, CallDoors doors, Subscriptions& subscriptions,
                  ParkedCalls& parked)
      : identity_(std::move(identity)),
        doors_(doors),
        subscriptions_(subscriptions),
        parked_(parked) {}

  const mcp::ServerIdentity& identity() const override { return identity_; }
  Async<mcp::RpcResult> handle(const mcp::Request& request) override;
  std::shared_ptr<const std::vector<mcp::ParamHeader>> param_headers(
      const mcp::Identity& who, std::string_view tool) override;

 private:
  mcp::RpcResult list_tools(const mcp::Request& request);
  mcp::RpcResult list_content(const mcp::Request& request, call::ContentKind kind,
                              std::string_view member);
  mcp::RpcResult subscribe(const mcp::Request& request);

  Async<mcp::RpcResult> call(const mcp::Request& request);
  Async<mcp::RpcResult> start(const mcp::Request& request, call::MessageSink* messages);
  Async<mcp::RpcResult> start_legacy(const mcp::Request& request, call::MessageSink* messages);
  Async<mcp::RpcResult> start_modern(const mcp::Request& request, call::MessageSink* messages);

  mcp::ServerIdentity identity_;
  CallDoors doors_;
  Subscriptions& subscriptions_;
  ParkedCalls& parked_;
};

}  // namespace larkspur::gateway
