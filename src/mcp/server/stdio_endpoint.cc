#include "mcp/server/stdio_endpoint.h"

#include <boost/asio/this_coro.hpp>

#include "mcp/server/stdio_server.h"

namespace larkspur::mcp {

Async<void> serve_stdio(Handler& handler, ChangeFeed& changes, int input_fd, int output_fd) {
  const Executor executor = co_await asio::this_coro::executor;
  server::StdioServer server(handler, changes, executor, input_fd, output_fd);
  co_await server.run();
}

}  // namespace larkspur::mcp
