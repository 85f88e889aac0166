// The error.type attribute, from a bounded set whatever a peer answers.
#pragma once

#include <exception>
#include <string>

#include "call/tool_source.h"

namespace larkspur::telemetry {

// "" for success; "tool_error" for isError; the JSON-RPC code where it is one that the
// specifications define; else the stable text of our own error code.
std::string error_type(const call::CallReply& reply);

// Of what was thrown through a call: "cancelled" for an abandoned one, else "internal".
std::string error_type(const std::exception_ptr& thrown);

}  // namespace larkspur::telemetry
