// Carries a stream of server messages to the client.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "mcp/server/message_sink.h"
#include "mcp/server/running.h"
#include "mcp/server/sessions.h"

namespace larkspur::mcp::server {

// Turns what a SessionStream gave into the message to send; nullopt skips it.
using Translate = std::function<std::optional<std::string>(std::string message)>;

enum class PumpEnd : unsigned char { kSourceEnded, kToldToEnd, kPeerLeft };

// Until the source ends, `running` has to end or the peer leaves. Everything handed in outlives the
// call.
Async<PumpEnd> pump(SessionStream& source, MessageSink& sink, Running::Stream& running,
                    const Translate& translate);

}  // namespace larkspur::mcp::server
