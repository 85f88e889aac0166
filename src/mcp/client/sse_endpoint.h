// The `endpoint` event of HTTP+SSE (mcp 2024-11-05 transports): where to POST messages.
#pragma once

#include <string_view>

#include "base/result.h"
#include "net/http_client.h"

namespace larkspur::mcp {

// `reference` resolved against the URL of the stream (RFC 3986 section 5.2). kProtocol when it is
// no URL, and when it leads to another origin: our credentials must not travel there.
Result<net::Url> resolve_endpoint(const net::Url& stream, std::string_view reference);

}  // namespace larkspur::mcp
