// What a legacy server asks of us in the course of a call: elicitation, sampling, roots, ping. Each
// request is answered beside everything else, by whoever made the call, until it is answered or the
// server takes it back.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/async.h"
#include "mcp/client/host.h"
#include "mcp/client/incoming.h"

namespace larkspur::mcp {

// On the connection's loop.
class PeerRequests {
 public:
  // Hands an answer to the server; called from a coroutine that keeps alive what `send` holds.
  using Send = std::function<void(std::string text)>;

  PeerRequests(Executor executor, std::shared_ptr<Host> host);
  ~PeerRequests();  // stop()

  // `call` is the one on whose stream the request came; null where the transport does not tell.
  void take(const Incoming& request, const CallInFlight* call, Send send);
  // notifications/cancelled: nobody waits for that answer any more.
  void take_back(std::string_view params);
  // Nobody waits for any.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace larkspur::mcp
