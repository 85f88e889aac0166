// A server that is a child process and talks over its standard streams: one message a line, many
// calls at once, told apart by their ids.
#pragma once

#include <memory>
#include <string>

#include "mcp/client/connection.h"
#include "mcp/client/host.h"
#include "mcp/client/shared_stream.h"
#include "mcp/client/waiting.h"
#include "mcp/client/watched_resources.h"
#include "net/child_process.h"

namespace larkspur::mcp {

class StdioConnection final : public Connection,
                              public std::enable_shared_from_this<StdioConnection> {
 public:
  // Starts the process. kNotFound when the program is not there.
  static Result<std::shared_ptr<StdioConnection>> spawn(Executor executor,
                                                        const StdioServer& server,
                                                        std::shared_ptr<Host> host);

  // The handshake is over.
  void start(ServerFacts facts);

  Async<Exchange> exchange(const Ask& ask) override;
  Async<Result<void>> tell(std::string text, SteadyClock::time_point deadline) override;
  void watched_changed() override;
  void stop() override;
  Async<void> close() override;

 private:
  class CancelNotice;

  StdioConnection(Executor executor, std::string program, std::shared_ptr<Host> host);

  Async<void> read_lines();
  Async<void> write_lines();
  Async<void> listen();
  void take_line(std::string line);
  // False when the outbox is full: the process does not read.
  bool put_line(std::string text);
  void end(Error error);

  Executor executor_;
  std::string program_;  // for messages
  std::shared_ptr<Host> host_;
  std::unique_ptr<net::ChildProcess> child_;
  SharedStream stream_;
  // Lines to write. A call never writes by itself: cancelled in the middle, it would leave half a
  // line.
  std::string outbox_;
  Signal outbox_filled_;
  WatchedResources watched_;  // legacy
  Background reader_, writer_, listener_;
};

class StdioDialer final : public Dialer {
 public:
  StdioDialer(Executor executor, StdioServer server, std::shared_ptr<Host> host)
      : executor_(executor), server_(std::move(server)), host_(std::move(host)) {}
  // A server that ends on the probe is started once more and greeted as a legacy one.
  Async<Result<std::shared_ptr<Connection>>> dial(SteadyClock::time_point deadline) override;

 private:
  Async<Result<std::shared_ptr<Connection>>> attempt(SteadyClock::time_point deadline, bool probe);

  Executor executor_;
  StdioServer server_;
  std::shared_ptr<Host> host_;
};

}  // namespace larkspur::mcp
