// Carries a stream of server messages into an event stream.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "mcp/server/event_stream.h"
#include "mcp/server/running.h"
#include "mcp/server/sessions.h"

namespace larkspur::mcp::server {

// Turns what a SessionStream gave into the message to send; nullopt skips it.
using Translate = std::function<std::optional<std::string>(std::string message)>;

enum class PumpEnd : unsigned char { kSourceEnded, kStopped, kPeerLeft };

// Until the source ends, the program stops or the peer leaves. Everything handed in outlives the
// call.
Async<PumpEnd> pump(SessionStream& source, EventStream& out, Running::Stream& running,
                    net::HttpResponder& responder, const Translate& translate);

}  // namespace larkspur::mcp::server
