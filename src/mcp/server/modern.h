// What the modern era asks of a server, whichever transport it came over (mcp 2026-07-28 basic).
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "mcp/server/handler.h"

namespace larkspur::mcp::server {

// The envelope of one request: what it says about its client.
struct ModernEnvelope {
  std::string protocol_version;
  Implementation client;
  std::string client_capabilities;  // raw object
};

// kInvalidParams, naming every key that is missing or of the wrong type. Whether the version is one
// that we speak is asked separately: on HTTP the headers are compared in between.
std::expected<ModernEnvelope, RpcError> read_modern_envelope(const json::Value& params);

std::optional<RpcError> check_modern_version(std::string_view version);

// _meta's logLevel; "" where the request wants no log messages; kInvalidParams for an unknown
// level.
std::expected<std::string, RpcError> read_log_level(const json::Value& meta);

// The answer to what no handler sees: server/discover, and kMethodNotFound for the methods that the
// modern era took away. Nullopt for the rest.
std::optional<RpcResult> answer_modern(std::string_view method, const Handler& handler,
                                       const Identity& who);

// The result as the modern era wants it: resultType, caching facts on lists and reads, and our
// serverInfo in _meta, whatever the handler's result says about these; but input_required and task,
// from the methods that may say it, stay. All other members stay byte
// for byte. kInternalError when `result` is not an object. REQUIRES: it is JSON.
RpcResult stamp_result(std::string_view method, std::string_view result,
                       const Implementation& server);

}  // namespace larkspur::mcp::server
