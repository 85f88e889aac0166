#include "telemetry/instruments.h"

#include "telemetry/cells.h"
#include "telemetry/names.h"

namespace larkspur::telemetry {

Instruments::Instruments(Cells& cells)
    : tool_calls(cells.counter("toolhive_mcp_tool_calls", "Tool calls, by clients and by scripts",
                               kCount)),
      server_duration(
          cells.durations("mcp.server.operation.duration", "How long requests of clients took")),
      backend_requests(
          cells.counter("toolhive_vmcp_backend_requests", "Requests to backends", kCount)),
      backend_errors(
          cells.counter("toolhive_vmcp_backend_errors",
                        "Requests to backends that failed, results with isError included", kCount)),
      backend_duration(cells.durations("toolhive_vmcp_backend_requests_duration",
                                       "How long requests to backends took")),
      client_duration(cells.durations("mcp.client.operation.duration",
                                      "How long requests to MCP servers took")),
      script_executions(
          cells.counter("toolhive_vmcp_script_executions", "Scripts that were asked for", kCount)),
      script_duration(cells.durations("toolhive_vmcp_script_duration", "How long scripts took")),
      script_tool_calls(
          cells.counts("toolhive_vmcp_script_tool_calls", "Tool calls that one script made")),
      script_parallel_tasks(cells.counter("toolhive_vmcp_script_parallel_goroutines",
                                          "Tasks that parallel() started", kCount)),
      script_calls_saved(cells.counter("larkspur_script_calls_saved",
                                       "Round trips that scripts spared their clients", kCount)),
      script_bytes_kept(cells.counter("larkspur_script_kept",
                                      "Bytes of tool results that stayed in the gateway", kBytes)),
      requests(cells.counter("toolhive_mcp_requests", "HTTP requests to the MCP endpoint", kCount)),
      request_duration(
          cells.durations("toolhive_mcp_request_duration", "How long HTTP requests took")),
      external_duration(
          cells.durations("larkspur_external_call_duration", "How long external calls took")),
      log_write_duration(cells.durations("larkspur_execution_log_write_duration",
                                         "How long writes into the execution log's store took")) {}

}  // namespace larkspur::telemetry
