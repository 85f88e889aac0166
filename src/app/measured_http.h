// The metrics of HTTP requests to the MCP endpoint: how many, how long, how they ended, and how
// many event streams are open.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/catalog/tool_finder.h"
#include "mcp/server/http_endpoint.h"
#include "net/http_server.h"
#include "telemetry/instruments.h"
#include "telemetry/otel.h"
#include "telemetry/series.h"

namespace larkspur::app {

// A decorator around the endpoint, made only when somebody measures. Any loop.
class MeasuredHttp {
 public:
  // All outlive this. `finder` knows which names may be labels.
  MeasuredHttp(mcp::HttpEndpoint& next, const gateway::ToolFinder& finder,
               telemetry::Instrumentation with, std::string server_name)
      : next_(next), finder_(finder), with_(with), server_name_(std::move(server_name)) {}

  Async<void> handle(net::HttpRequest& request, net::HttpResponder& responder);

  std::int64_t open_streams() const { return streams_.load(std::memory_order_relaxed); }

 private:
  class Measurement;
  struct Series {
    telemetry::Counter::Series requests;
    telemetry::Histogram::Series duration;
  };

  mcp::HttpEndpoint& next_;
  const gateway::ToolFinder& finder_;
  telemetry::Instrumentation with_;
  std::string server_name_;
  std::atomic<std::int64_t> streams_{0};
  telemetry::SeriesCache<Series> series_;
};

}  // namespace larkspur::app
