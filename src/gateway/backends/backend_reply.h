// What came of a request to a backend: for the caller, and for the record of the call.
#pragma once

#include <string>

#include "call/tool_source.h"
#include "execlog/recording.h"
#include "mcp/client/client.h"

namespace larkspur::gateway {

// What a backend's reply means for the call; the backend is named, since a caller sees one server
// only.
call::CallReply to_call_reply(const std::string& backend, mcp::CallReply reply);

// Completes and closes the record's entry of the request.
void enter(execlog::ApiCallTimer& timer, const mcp::CallOptions::Facts& facts,
           const call::CallReply& reply);

}  // namespace larkspur::gateway
