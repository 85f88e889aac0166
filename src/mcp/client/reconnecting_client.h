// The Client of both transports: one connection at a time, made when it is needed and replaced when
// it is lost.
#pragma once

#include <memory>

#include "mcp/client/backoff.h"
#include "mcp/client/connection.h"
#include "mcp/client/host.h"
#include "mcp/client/waiting.h"

namespace larkspur::mcp {

class ReconnectingClient final : public Client {
 public:
  ReconnectingClient(Executor executor, std::shared_ptr<Host> host, std::unique_ptr<Dialer> dialer);
  ~ReconnectingClient() override;

  Async<Result<ServerFacts>> connect() override;
  bool connected() const override;
  const ServerFacts* facts() const override;
  Async<CallReply> call(std::string method, std::string params, std::string name,
                        CallOptions options) override;
  Async<Result<std::vector<std::string>>> list(std::string method,
                                               SteadyClock::time_point deadline) override;
  void watch(std::set<std::string> uris) override;
  Async<void> close() override;

 private:
  // Everything that a coroutine needs lives here, so that calls may outlive the client.
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace larkspur::mcp
