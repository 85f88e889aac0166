// One configured MCP server, as the leaf of the call path. An HTTP backend has its connections on
// every loop; a stdio backend has its processes on one loop, and calls from elsewhere travel there
// and back.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "call/backend_client.h"
#include "config/config.h"
#include "gateway/backends/backend_seats.h"
#include "gateway/catalog/content_catalog.h"
#include "gateway/clients/state_seal.h"
#include "mcp/client/client.h"
#include "net/http_client.h"
#include "net/loops.h"

namespace larkspur::gateway {

struct BackendHooks {
  // For the operator: what the server wrote to stderr, reconnects, garbage on its stdout. Any loop.
  std::function<void(std::string_view backend, std::string_view line)> log;
  // What the server offers may have changed. Any loop.
  std::function<void(std::string_view backend)> changed;
  // notifications/resources/updated; `params` is the raw object. Any loop.
  std::function<void(std::string_view backend, std::string_view params)> resource_updated;
};

class Backend : public call::BackendClient {
 public:
  // `http` has one client for each loop and outlives this, as does `seal`.
  Backend(net::Loops& loops, std::vector<std::unique_ptr<net::HttpClient>>& http, std::size_t home,
          const config::Backend& settings, const config::Limits& limits, const StateSeal& seal,
          BackendHooks hooks);
  ~Backend() override;

  const call::BackendFacts& facts() const override { return facts_; }

  // What it offers; connects first where needed. Any loop.
  Async<Result<BackendOffer>> list_offer(SteadyClock::time_point deadline);

  // Connects wherever it is not connected yet, in the background, so that the first call on a loop
  // need not wait for it. Any loop.
  void warm_up();

  // From now on the updates of these of its resources are wanted. Any thread.
  void watch(std::set<std::string> uris);

  // Calls its tool `own_name` and enters the call into context.record. What the server asks for in
  // the course of the call, context.input answers. Any loop.
  Async<call::CallReply> call(call::CallContext& context, std::string own_name,
                              std::string_view arguments) override;
  Async<call::CallReply> fetch(call::CallContext& context, std::string method, std::string params,
                               std::string name) override;

  // Ends sessions and the process politely. Any loop.
  Async<void> close();

  // How many requests of clients' calls are under way there. Any thread.
  std::size_t in_flight() const { return in_flight_; }

 private:
  struct Request {
    std::string method;
    std::string params;  // without _meta and without the answers of a round
    std::string name;    // for Mcp-Name
    std::string tool;    // for the record; "" where it is none
    net::Headers headers;
    bool as_task = false;  // a task is an answer
    bool recorded = true;  // has an entry of its own in the record
    // Where it is not the call's own.
    std::optional<SteadyClock::time_point> deadline = {};
  };
  enum class Answer : unsigned char { kResult, kInputRequired, kTask };
  class Task;

  BackendSeats& seats_here();
  Async<Result<BackendOffer>> list_here(mcp::Client& client, SteadyClock::time_point deadline);
  Async<call::CallReply> perform(call::CallContext& context, Request request);
  Async<call::CallReply> round(call::CallContext& context, const Request& request,
                               std::string params, Answer& answer);
  // The call goes on as a task at the server, `created` is what it said: its result, in the end.
  Async<call::CallReply> follow(call::CallContext& context, const Request& request,
                                std::string created);
  Async<mcp::CallReply> send(std::string owner, const Request& request, std::string params,
                             std::string level, mcp::CallOptions options);
  static Async<mcp::CallReply> send_from(BackendSeats& seats, std::string owner,
                                         const Request& request, std::string params,
                                         std::string level, mcp::CallOptions options);
  std::string binding(const call::CallContext& context, const Request& request) const;

  call::BackendFacts facts_;
  std::atomic<std::size_t> in_flight_ = 0;
  bool stdio_;
  std::unique_ptr<mcp::Credentials> credentials_;  // null: they do not change
  const StateSeal& seal_;
  std::function<void(std::string_view backend, std::string_view line)> log_;
  // One for each loop, or a single one for stdio.
  std::vector<std::unique_ptr<BackendSeats>> seats_;
};

}  // namespace larkspur::gateway
