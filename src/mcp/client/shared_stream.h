// What a server says on one stream that all calls share (a process's standard output, the event
// stream of HTTP+SSE): the answers, told apart by request id, and what it asks and tells of its own
// accord.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mcp/client/host.h"
#include "mcp/client/peer_requests.h"
#include "mcp/client/pending_calls.h"

namespace larkspur::mcp {

// On the connection's loop.
class SharedStream {
 public:
  SharedStream(Executor executor, std::shared_ptr<Host> host)
      : host_(std::move(host)), requests_(executor, host_) {}

  PendingCalls& pending() { return pending_; }

  // One message; `place` names the server in what is logged about it. `send` takes our answer
  // where the server asks something, and must keep alive what it uses.
  void take(std::string text, std::string_view place, PeerRequests::Send send);

  // Nothing more will come.
  void end(const Error& error);

 private:
  void take_answer(Incoming& message, std::string& text);

  std::shared_ptr<Host> host_;
  PendingCalls pending_;
  PeerRequests requests_;
};

}  // namespace larkspur::mcp
