// Keeps a legacy server's list of subscribed resources equal to the one that is wanted.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "mcp/client/connection.h"
#include "mcp/client/host.h"
#include "mcp/client/waiting.h"

namespace larkspur::mcp {

class WatchedResources {
 public:
  // Compares and asks for what is missing, beside everything else; `connection` is kept alive.
  void sync(Executor executor, std::shared_ptr<Connection> connection, std::shared_ptr<Host> host);
  void stop() { work_.stop(); }

 private:
  struct State {
    std::set<std::string> subscribed;
    bool running = false;
    bool again = false;
  };
  static Async<void> run(std::shared_ptr<State> state, std::shared_ptr<Connection> connection,
                         std::shared_ptr<Host> host);

  std::shared_ptr<State> state_ = std::make_shared<State>();
  Background work_;
};

}  // namespace larkspur::mcp
