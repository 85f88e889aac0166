// DNS rebinding: a web page must not reach a server on its visitor's machine (mcp 2025-11-25
// transports, security warning). Asked before everything else, on every HTTP method.
#pragma once

#include <optional>
#include <string>

#include "mcp/server/http_endpoint.h"

namespace larkspur::mcp::server {

// Why a request with these headers is refused with 403; nothing when it may pass.
std::optional<std::string> refuse_origin(const net::Headers& headers,
                                         const HttpEndpointOptions& options);

}  // namespace larkspur::mcp::server
