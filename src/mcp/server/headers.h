// The HTTP headers that MCP gives a meaning to (mcp 2025-11-25 and 2026-07-28 streamable HTTP).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/client/param_headers.h"
#include "mcp/message.h"
#include "mcp/protocol.h"
#include "net/http_message.h"

namespace larkspur::mcp::server {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kEventStream = "text/event-stream";

// Whether the body is declared to be JSON; parameters do not matter.
bool has_json_content(const net::Headers& headers);

// Whether an Accept header names `type`, also by a wildcard. False where there is none.
bool accepts(const net::Headers& headers, std::string_view type);

// What a header of the form =?base64?...?= stands for; any other value stands for itself. Nullopt
// for bad base64.
std::optional<std::string> decode_header_value(std::string_view value);

// The headers that a modern request must have: MCP-Protocol-Version, Mcp-Method, and Mcp-Name where
// the body names a tool, prompt, resource or task. kHeaderMismatch for the first one that is
// missing or occurs twice.
std::optional<RpcError> missing_header(const net::Headers& headers, const Message& message);

// kHeaderMismatch for the first of these headers that says something else than the body.
// REQUIRES: missing_header() found nothing, and the body has a protocol version.
std::optional<RpcError> mismatched_header(const net::Headers& headers, const Message& message);

// kHeaderMismatch for the first of these headers that does not say what `arguments` says. One whose
// argument is null or absent is not looked at (mcp 2026-07-28 streamable HTTP, custom headers).
std::optional<RpcError> mismatched_param(const net::Headers& headers,
                                         const std::vector<ParamHeader>& wanted,
                                         const json::Value& arguments);

}  // namespace larkspur::mcp::server
