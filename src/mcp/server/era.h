// Which era a message belongs to (mcp 2026-07-28 basic/versioning, dual-era servers).
//
// The client decides, so the verdict must never weaken a check: a message that claims to be modern
// is held to the modern rules and served with no session; every other one needs its session.
#pragma once

#include <string_view>

#include "mcp/message.h"
#include "mcp/protocol.h"

namespace larkspur::mcp::server {

// True for versions of the modern era, whether we know them or not. Versions are dates.
bool is_modern_version(std::string_view version);

// Whether `params` carries any of the modern envelope's keys, well formed or not.
bool claims_modern(const json::Value& params);

// `version_header` is "" on stdio and where there is none.
Era era_of(const Message& message, std::string_view version_header);

}  // namespace larkspur::mcp::server
