// One configured MCP server, as the leaf of the call path. An HTTP backend has a client on every
// loop; a stdio backend is one process on one loop, and calls from elsewhere travel there and back.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "call/backend_client.h"
#include "config/config.h"
#include "mcp/client/client.h"
#include "net/http_client.h"
#include "net/loops.h"

namespace larkspur::gateway {

struct BackendHooks {
  // For the operator: what the server wrote to stderr, reconnects, garbage on its stdout. Any loop.
  std::function<void(std::string_view backend, std::string_view line)> log;
  // The server's tools may have changed. Any loop.
  std::function<void(std::string_view backend)> tools_changed;
};

class Backend : public call::BackendClient {
 public:
  // `http` has one client for each loop and outlives this.
  Backend(net::Loops& loops, std::vector<std::unique_ptr<net::HttpClient>>& http, std::size_t home,
          const config::Backend& settings, const config::Limits& limits, BackendHooks hooks);
  ~Backend() override;

  const call::BackendFacts& facts() const override { return facts_; }

  // Its tools' raw definitions; connects first where needed. Any loop.
  Async<Result<std::vector<std::string>>> list_tools(SteadyClock::time_point deadline);

  // Connects wherever it is not connected yet, in the background, so that the first call on a loop
  // need not wait for it. Any loop.
  void warm_up();

  // Calls its tool `own_name` and enters the call into context.record. Any loop.
  Async<call::CallReply> call(call::CallContext& context, std::string own_name,
                              std::string_view arguments) override;

  // Ends sessions and the process politely. Any loop.
  Async<void> close();

 private:
  // Where a client lives and the client itself.
  struct Seat {
    Executor executor;
    std::unique_ptr<mcp::Client> client;
  };
  Seat& seat_here();
  Async<mcp::CallReply> send(std::string params, std::string own_name, mcp::CallOptions options);

  call::BackendFacts facts_;
  bool stdio_;
  std::unique_ptr<mcp::Credentials> credentials_;  // null: they do not change
  std::vector<Seat> seats_;                        // one for each loop, or a single one for stdio
};

}  // namespace larkspur::gateway
