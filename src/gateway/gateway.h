// The gateway: backends, catalog, sessions and the call path, put together.
//
//   protocol -> record -> measure -> admit -> limit -> route -> leaf
//
// What is not wanted (log, telemetry) is not there at all: the step is left out, not switched off.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "call/backend_client.h"
#include "call/tool_source.h"
#include "config/config.h"
#include "execlog/capture.h"
#include "execlog/log.h"
#include "gateway/catalog/catalog_keeper.h"
#include "gateway/clients/parked_calls.h"
#include "gateway/clients/protocol_handler.h"
#include "gateway/clients/sessions.h"
#include "gateway/clients/state_seal.h"
#include "gateway/clients/streams.h"
#include "gateway/clients/subscriptions.h"
#include "gateway/clients/tasks.h"
#include "gateway/path/outside_world.h"
#include "gateway/path/policy.h"
#include "gateway/path/routed_content.h"
#include "gateway/path/routed_tools.h"
#include "net/http_client.h"
#include "net/loops.h"

namespace larkspur::gateway {

struct GatewayParts {
  execlog::Log* log = nullptr;                      // null: calls leave no record
  const execlog::CapturePolicy* capture = nullptr;  // see RecordedTools
  // Wrap what they are given in something that measures it; empty when nobody measures.
  std::function<std::unique_ptr<call::ToolSource>(call::ToolSource& next)> measure_tools;
  std::function<std::unique_ptr<call::BackendClient>(call::BackendClient& next)> measure_backend;
  // Told of every external call that is in the record of a call, once that has ended; empty when
  // nobody measures. Any loop.
  std::function<void(const execlog::ApiCall&)> observe_api_call;
  // A line for the operator: about a backend ("" for none). Any thread.
  std::function<void(std::string_view backend, std::string_view line)> report;
};

class Gateway : public ToolFinder {
 public:
  // Everything outlives this. Nothing runs before start().
  Gateway(net::Loops& loops, const config::Config& config, GatewayParts parts);
  ~Gateway() override;

  // Adds a tool of Larkspur's own. Before start().
  void add_tool(OwnTool tool) {
    keeper_->reserve(tool.facts->name);
    router_->add(std::move(tool));
  }
  // Adds resources of Larkspur's own. Before start().
  void add_content(OwnContent content) { content_->add(std::move(content)); }
  // The door of the call path, for clients and scripts alike.
  call::ToolSource& path() { return *door_; }
  std::shared_ptr<const call::Tool> find(std::string_view published_name) const override {
    return router_->find(published_name);
  }
  std::shared_ptr<const std::vector<mcp::ParamHeader>> param_headers(
      const mcp::Identity& who, std::string_view published_name) const override;

  // Begins to watch the backends. Before the loops run.
  void start() { keeper_->start(); }
  CatalogKeeper& keeper() { return *keeper_; }
  MemorySessions& sessions() { return sessions_; }
  // What is under way. Any thread.
  struct Counts {
    std::size_t sessions = 0;       // of legacy clients
    std::size_t parked_calls = 0;   // that wait for their client's next request
    std::size_t backend_calls = 0;  // requests at backends that belong to a call
  };
  Counts counts() const;
  mcp::ChangeFeed& changes() { return *subscriptions_; }
  mcp::Handler& handler() { return *handler_; }

  // Ends streams, sessions at backends and child processes. On loop 0.
  Async<void> close();

 private:
  const config::Config& config_;
  GatewayParts parts_;
  StateSeal seal_;
  Streams streams_;
  MemorySessions sessions_;
  CatalogBoard board_;
  std::unique_ptr<Policy> policy_;
  std::vector<std::unique_ptr<net::HttpClient>> http_;  // one for each loop
  OutsideWorld outside_{http_};
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<std::unique_ptr<call::BackendClient>> measured_backends_;
  std::unique_ptr<RoutedTools> router_;
  std::vector<std::unique_ptr<call::ToolSource>> steps_;  // innermost first
  call::ToolSource* door_ = nullptr;
  std::unique_ptr<RoutedContent> content_;
  std::vector<std::unique_ptr<call::ToolSource>> content_steps_;  // innermost first
  std::unique_ptr<Subscriptions> subscriptions_;
  std::unique_ptr<ParkedCalls> parked_;
  std::unique_ptr<Tasks> tasks_;
  std::unique_ptr<CatalogKeeper> keeper_;
  std::unique_ptr<ProtocolHandler> handler_;
};

}  // namespace larkspur::gateway
