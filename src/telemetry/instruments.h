// The instruments that calls are measured with, made once and shared by every decorator: of two
// with the same name only one would be exported.
#pragma once

#include <opentelemetry/metrics/sync_instruments.h>

#include <cstdint>

namespace larkspur::telemetry {

using Counter = opentelemetry::nostd::unique_ptr<opentelemetry::metrics::Counter<std::uint64_t>>;
using DurationHistogram =
    opentelemetry::nostd::unique_ptr<opentelemetry::metrics::Histogram<double>>;
using CountHistogram =
    opentelemetry::nostd::unique_ptr<opentelemetry::metrics::Histogram<std::uint64_t>>;

class Cells;

// Any thread. Names, units and attributes: docs/observability.md.
struct Instruments {
  explicit Instruments(Cells& cells);  // which outlives this

  Counter tool_calls;                 // server, tool, status, origin
  DurationHistogram server_duration;  // semantic conventions of MCP servers

  Counter backend_requests;  // target.*, action, mcp.method.name, tool
  Counter backend_errors;    // and error.type
  DurationHistogram backend_duration;
  DurationHistogram client_duration;  // semantic conventions of MCP clients

  Counter script_executions;          // status, error.type
  DurationHistogram script_duration;  // status
  CountHistogram script_tool_calls;   // status
  Counter script_parallel_tasks;
  Counter script_calls_saved;  // round trips that clients were spared
  Counter script_bytes_kept;   // bytes of results that stayed in the gateway

  Counter requests;                     // HTTP: method, status_code, status, mcp_method, ...
  DurationHistogram request_duration;   // the same
  DurationHistogram external_duration;  // kind, api, status
  DurationHistogram log_write_duration;
};

}  // namespace larkspur::telemetry
