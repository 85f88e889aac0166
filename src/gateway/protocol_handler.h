// The gateway as an MCP server: what tools/list and tools/call mean here. Other methods come from
// the protocol's own room or are not offered.
#pragma once

#include "call/tool_source.h"
#include "gateway/log_in_result.h"
#include "gateway/tool_finder.h"
#include "mcp/server/handler.h"

namespace larkspur::gateway {

class ProtocolHandler : public mcp::Handler {
 public:
  // `path` is the door of the call path; both outlive this.
  ProtocolHandler(mcp::ServerIdentity identity, call::ToolSource& path, const ToolFinder& finder,
                  LogInResult log_in_result);

  const mcp::ServerIdentity& identity() const override { return identity_; }
  Async<mcp::RpcResult> handle(const mcp::Request& request) override;

 private:
  mcp::RpcResult list_tools(const mcp::Request& request);
  Async<mcp::RpcResult> call_tool(const mcp::Request& request);

  mcp::ServerIdentity identity_;
  call::ToolSource& path_;
  const ToolFinder& finder_;
  const LogInResult log_in_result_;
};

}  // namespace larkspur::gateway
