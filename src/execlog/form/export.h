// Records in the forms of others.
#pragma once

#include <string>

#include "execlog/record.h"

namespace larkspur::execlog {

// One line of CSV (RFC 4180) with the columns of the header, which is a line, too. A value that a
// spreadsheet would take for a formula begins with an apostrophe.
inline constexpr const char* kCsvHeader =
    "start_time,tool_call_id,tool_name,status,duration_ms,error,failure_stage,principal,session_id,"
    "parent_id,place,api_calls,result_bytes,trace_id,span_id\r\n";
std::string to_csv(const Record& record);

// The record as OTLP/JSON: a LogsData object (opentelemetry-proto 1.x) with one log record, event
// mcp.tool.execution, whose body is the audit view as a map.
std::string to_otlp(const Record& record);

// Severity of the event, as OpenTelemetry numbers it: 9 INFO; 13 WARN for what was denied,
// cancelled, partial, unknown or came with warnings; 17 ERROR for what failed.
int severity_of(const Record& record);

}  // namespace larkspur::execlog
