// The gateway as an MCP server: its lists, and how the calls of a client of either era are started,
// asked for input, and answered. Other methods come from the protocol's own room or are not
// offered.
#pragma once

#include "gateway/catalog/catalog_board.h"
#include "gateway/clients/client_call.h"
#include "gateway/clients/parked_calls.h"
#include "gateway/clients/subscriptions.h"
#include "gateway/clients/tasks.h"
#include "mcp/server/handler.h"

namespace larkspur::gateway {

class ProtocolHandler : public mcp::Handler {
 public:
  // All outlive this.
  ProtocolHandler(mcp::ServerIdentity identity, const CatalogBoard& board, CallDoors doors,
                  Subscriptions& subscriptions, ParkedCalls& parked, Tasks& tasks)
      : identity_(std::move(identity)),
        board_(board),
        doors_(doors),
        subscriptions_(subscriptions),
        parked_(parked),
        tasks_(tasks) {}

  const mcp::ServerIdentity& identity() const override { return identity_; }
  // Our own, and those of the backends that have something for this client, each under its name.
  std::string instructions(const mcp::Identity& who) const override;
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
  bool may_become_task(const mcp::Request& request) const;
  Async<mcp::RpcResult> start_task(const mcp::Request& request, call::MessageSink* messages);
  Async<mcp::RpcResult> start_modern(const mcp::Request& request, call::MessageSink* messages);

  mcp::ServerIdentity identity_;
  const CatalogBoard& board_;
  CallDoors doors_;
  Subscriptions& subscriptions_;
  ParkedCalls& parked_;
  Tasks& tasks_;
};

}  // namespace larkspur::gateway
