// The server behind serve_stdio(): one client on a pair of descriptors, both eras. On one loop.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mcp/message.h"
#include "mcp/server/asks.h"
#include "mcp/server/handler.h"
#include "mcp/server/line_io.h"
#include "mcp/server/running.h"
#include "mcp/server/sessions.h"

namespace larkspur::mcp::server {

class StdioServer {
 public:
  StdioServer(Handler& handler, ChangeFeed& changes, const Executor& executor, int input_fd,
              int output_fd);

  // Until the input ends; then gives running requests a moment, and cancels what is left.
  Async<void> run();

 private:
  Async<void> take(std::string line);
  void take_notification(const Message& message);
  Async<void> initialize(const Message& message);

  // Runs beside the reading; run() waits for it.
  void start(Async<void> task);
  Async<void> serve(Message message);
  Async<RpcResult> call_legacy(const Message& message, bool& cancelled);
  Async<RpcResult> call_modern(const Message& message, bool& cancelled);
  Async<RpcResult> call(const Message& message, const RequestInfo& info, bool& cancelled);
  Async<void> listen(Message message);
  Async<void> push_changes();
  RpcResult watch(const Message& message);
  Async<void> push_updates(std::vector<std::string> uris);
  Async<void> wait_until_idle(SteadyClock::time_point until);

  Handler& handler_;
  ChangeFeed& changes_;
  Executor executor_;
  LineReader reader_;
  LineWriter writer_;
  Running running_;
  Asks asks_;
  std::set<std::string> watched_;  // legacy: the resources whose updates are wanted
  std::optional<Session> legacy_;  // what initialize agreed on
  bool pushing_ = false;
  std::size_t tasks_ = 0;
  Timer idle_;  // cancelled when a task ends
};

}  // namespace larkspur::mcp::server
