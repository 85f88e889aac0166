// Calling the handler: the one place where what escapes from it is caught.
#pragma once

#include <boost/asio/cancellation_signal.hpp>

#include "mcp/server/handler.h"

namespace larkspur::mcp::server {

// Never throws: an exception becomes kInternalError (its text is not for the client). Everything
// that `request` refers to outlives the call.
Async<RpcResult> call_handler(Handler& handler, const Request& request);

// The same, and `signal` cancels it; so does what cancels the caller.
Async<RpcResult> call_handler(Handler& handler, const Request& request,
                              asio::cancellation_signal& signal);

}  // namespace larkspur::mcp::server
