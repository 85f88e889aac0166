// What the legacy era asks of a server, whichever transport it came over (mcp 2025-11-25
// lifecycle).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "mcp/server/handler.h"
#include "mcp/server/sessions.h"

namespace larkspur::mcp::server {

// The session that an initialize request asks for, its version negotiated, its id and principal
// empty.
std::expected<Session, RpcError> read_initialize(const json::Value& params);

std::string initialize_result(const Handler& handler, const Identity& who,
                              std::string_view protocol_version);

// The answer to what every legacy server answers by itself (ping, logging/setLevel); nullopt for
// the rest. logging/setLevel changes the session's state.
std::optional<RpcResult> answer_legacy(std::string_view method, const json::Value& params,
                                       const Session& session);

// A result as a client of this era knows it: without what a modern backend's says to the modern era
// (resultType, caching, who the server is). Nothing else of it changes.
std::string legacy_result(std::string result);

// The log messages that the session's client wants: a level's name. Before it has said so, what is
// worth knowing ("info").
std::string_view log_level_of(const Session& session);

}  // namespace larkspur::mcp::server
