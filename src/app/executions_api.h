// The ExecutionLog over HTTP, read-only (docs/reference/executions-api.md):
//
//   GET /api/v1/executions             a page of records; filters as of `larkspur log`
//   GET /api/v1/executions/stats       calls, errors and percentiles
//   GET /api/v1/executions/{id}        one record with everything that it called
//   GET /api/v1/executions/{id}/blobs/{digest}   a text that was kept of it
//
// Questions to the disk are answered by a thread of its own, so that no loop ever waits for them.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <string>
#include <string_view>

#include "base/async.h"
#include "config/config.h"
#include "mcp/server/http_endpoint.h"
#include "net/http_message.h"

namespace larkspur::app {

class ExecutionsApi {
 public:
  static constexpr std::string_view kPath = "/api/v1/executions";

  // `guard`: which origins and hosts are served, as for the MCP endpoint.
  ExecutionsApi(std::string directory, config::LogApi who, mcp::HttpEndpointOptions guard);
  ~ExecutionsApi();  // waits for the question that is being answered

  static bool is_for(std::string_view path) {
    return path == kPath || path.starts_with("/api/v1/executions/");
  }
  // Any loop.
  Async<net::HttpResponse> answer(const net::HttpRequest& request);

 private:
  const std::string directory_;
  const config::LogApi who_;
  const mcp::HttpEndpointOptions guard_;
  asio::thread_pool reader_{1};
};

}  // namespace larkspur::app
