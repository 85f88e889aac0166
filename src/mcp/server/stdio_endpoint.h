// MCP over our own standard input and output, both eras: one client, one process.
#pragma once

#include "base/async.h"
#include "mcp/server/handler.h"
#include "mcp/server/sessions.h"

namespace larkspur::mcp {

// Serves until standard input ends; requests run concurrently, answers are whole lines. On the loop
// it is called on. Nothing else may write to standard output.
Async<void> serve_stdio(Handler& handler, ChangeFeed& changes, int input_fd, int output_fd);

}  // namespace larkspur::mcp
