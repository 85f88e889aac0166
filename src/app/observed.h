// What is asked of the running program whenever metrics are collected: backends, code mode, the
// execution log's health, connections, what is under way, and what telemetry itself has lost.
#pragma once

#include <memory>
#include <vector>

#include "app/measured_http.h"
#include "config/config.h"
#include "execlog/log.h"
#include "gateway/gateway.h"
#include "net/http_server.h"
#include "telemetry/gauge.h"
#include "telemetry/log.h"
#include "telemetry/providers.h"

namespace larkspur::app {

struct Watched {
  telemetry::Instrumentation with;
  const config::Config& config;
  const telemetry::Providers& providers;
  const telemetry::Log& journal;
  const gateway::CatalogKeeper& keeper;
  const execlog::Log* log;            // null: no execution log
  const net::HttpServer* http;        // null: serving standard streams
  const MeasuredHttp* measured_http;  // null together with http
  const gateway::Gateway& gateway;
  const mcp::HttpEndpoint* endpoint;  // null together with http
};

// Everything watched outlives the result.
std::vector<std::unique_ptr<telemetry::Observed>> observe_program(const Watched& what);

}  // namespace larkspur::app
