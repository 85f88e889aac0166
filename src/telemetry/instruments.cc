#include "telemetry/instruments.h"

#include "telemetry/names.h"

namespace larkspur::telemetry {

Instruments::Instruments(opentelemetry::metrics::Meter& meter)
    : tool_calls(meter.CreateUInt64Counter("toolhive_mcp_tool_calls",
                                           "Tool calls, by clients and by scripts", kCount)),
      server_duration(meter.CreateDoubleHistogram("mcp.server.operation.duration",
                                                  "How long requests of clients took", kSeconds)),
      backend_requests(meter.CreateUInt64Counter("toolhive_vmcp_backend_requests",
                                                 "Requests to backends", kCount)),
      backend_errors(meter.CreateUInt64Counter(
          "toolhive_vmcp_backend_errors",
          "Requests to backends that failed, results with isError included", kCount)),
      backend_duration(meter.CreateDoubleHistogram("toolhive_vmcp_backend_requests_duration",
                                                   "How long requests to backends took", kSeconds)),
      client_duration(meter.CreateDoubleHistogram(
          "mcp.client.operation.duration", "How long requests to MCP servers took", kSeconds)),
      script_executions(meter.CreateUInt64Counter("toolhive_vmcp_script_executions",
                                                  "Scripts that were asked for", kCount)),
      script_duration(meter.CreateDoubleHistogram("toolhive_vmcp_script_duration",
                                                  "How long scripts took", kSeconds)),
      script_tool_calls(meter.CreateUInt64Histogram("toolhive_vmcp_script_tool_calls",
                                                    "Tool calls that one script made", kCount)),
      script_parallel_tasks(meter.CreateUInt64Counter("toolhive_vmcp_script_parallel_goroutines",
                                                      "Tasks that parallel() started", kCount)),
      script_calls_saved(meter.CreateUInt64Counter(
          "larkspur_script_calls_saved", "Round trips that scripts spared their clients", kCount)),
      script_bytes_kept(meter.CreateUInt64Counter(
          "larkspur_script_kept", "Bytes of tool results that stayed in the gateway", kBytes)),
      requests(meter.CreateUInt64Counter("toolhive_mcp_requests",
                                         "HTTP requests to the MCP endpoint", kCount)),
      request_duration(meter.CreateDoubleHistogram("toolhive_mcp_request_duration",
                                                   "How long HTTP requests took", kSeconds)),
      external_duration(meter.CreateDoubleHistogram("larkspur_external_call_duration",
                                                    "How long external calls took", kSeconds)),
      log_write_duration(meter.CreateDoubleHistogram(
          "larkspur_execution_log_write_duration",
          "How long writes into the execution log's store took", kSeconds)) {}

}  // namespace larkspur::telemetry
