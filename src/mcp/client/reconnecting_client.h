// The Client of both transports: one connection at a time, made when it is needed and replaced when
// it is lost.
#pragma once

#include <memory>

#include "mcp/client/connection.h"
#include "mcp/client/host.h"
#include "mcp/client/waiting.h"

namespace larkspur::mcp {

// When the next attempt to connect may start.
class Backoff {
 public:
  bool may_try(SteadyClock::time_point now) const { return now >= retry_at_; }

  void failed(SteadyClock::time_point now);
  void connected(SteadyClock::time_point now);
  // A connection that had worked is gone. The first time it is replaced at once; a server that
  // crashes again and again soon after its start is not.
  void lost(SteadyClock::time_point now);

 private:
  int failures_ = 0;      // attempts in a row
  int quick_losses_ = 0;  // connections in a row that did not live long
  SteadyClock::time_point connected_at_{};
  SteadyClock::time_point retry_at_{};
};

class ReconnectingClient final : public Client {
 public:
  ReconnectingClient(Executor executor, std::shared_ptr<Host> host, std::unique_ptr<Dialer> dialer);
  ~ReconnectingClient() override;

  Async<Result<ServerFacts>> connect() override;
  bool connected() const override;
  Async<CallReply> call(std::string method, std::string params, std::string name,
                        CallOptions options) override;
  Async<Result<std::vector<std::string>>> list_tools(SteadyClock::time_point deadline) override;
  Async<void> close() override;

 private:
  // Everything that a coroutine needs lives here, so that calls may outlive the client.
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace larkspur::mcp
