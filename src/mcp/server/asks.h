// Requests of ours that legacy clients have not answered yet. The answer arrives as a message of
// its own, on any connection and any loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/async.h"
#include "mcp/message.h"
#include "mcp/protocol.h"
#include "mcp/server/loop_local.h"

namespace larkspur::mcp::server {

class Asks {
 public:
  // One request, for as long as somebody waits for its answer.
  class Ask;

  // A request id that no other request of this process has had.
  static std::int64_t next_id();

  // Any thread. Ids that nobody waits for are ignored, as late answers must be.
  void answer(const std::string& name, RpcResult result);

 private:
  using Table = std::unordered_map<std::string, Ask*>;
  LoopLocal<Table> tables_;
};

class Asks::Ask {
 public:
  // `name` tells the requests of all clients apart: a session and a request id.
  Ask(Asks& asks, const Executor& executor, std::string name);
  ~Ask();
  Ask(const Ask&) = delete;
  Ask& operator=(const Ask&) = delete;

  Async<RpcResult> wait();  // throws as Asio does when it is cancelled
  // Nobody will answer any more. On its loop.
  void fail(RpcError error);

 private:
  friend class Asks;
  std::shared_ptr<Table> table_;
  std::string name_;
  Timer answered_;
  std::optional<RpcResult> result_;
};

// What the response `message` says.
RpcResult read_response(const Message& message);

// A request of ours, on one line.
std::string request_message(std::int64_t id, std::string_view method, std::string_view params);

}  // namespace larkspur::mcp::server
