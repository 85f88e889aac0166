#include "execlog/form/export.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

#include "execlog/form/json_form.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::execlog {

namespace {

void append_cell(std::string& line, std::string_view text) {
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").contains(text.front());
  line += '"';
  if (formula) line += '\'';
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

// A value of OTLP's AnyValue: {"stringValue": …}, {"kvlistValue": {"values": …}}, …
void write_any(json::Writer& out, json::Value value);  // as deep as a record's JSON

void write_map(json::Writer& out, json::Value object) {
  out.begin_array();
  for (const auto [name, member] : object.members()) {
    out.begin_object().key("key").string(name).key("value");
    write_any(out, member);
    out.end_object();
  }
  out.end_array();
}

void write_any(json::Writer& out, json::Value value) {
  out.begin_object();
  if (value.is_object()) {
    out.key("kvlistValue").begin_object().key("values");
    write_map(out, value);
    out.end_object();
  } else if (value.is_array()) {
    out.key("arrayValue").begin_object().key("values").begin_array();
    for (const json::Value element : value.elements()) write_any(out, element);
    out.end_array().end_object();
  } else if (value.is_bool()) {
    out.key("boolValue").boolean(value.boolean());
  } else if (value.integer()) {
    out.key("intValue").string(std::to_string(*value.integer()));  // 64 bits are text in JSON
  } else if (value.is_number()) {
    out.key("doubleValue").raw(value.raw());
  } else if (value.is_string()) {
    out.key("stringValue").string(value.string());
  }
  out.end_object();
}

void write_attributes(json::Writer& out, const Record& record) {
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.begin_object().key("key").string(name).key("value").begin_object();
    out.key("stringValue").string(value).end_object().end_object();
  };
  out.key("attributes").begin_array();
  text("gen_ai.tool.name", record.tool_name);
  text("execution_log.tool_call_id", record.tool_call_id);
  text("execution_log.status", to_string(record.status));
  if (record.metadata) {
    text("error.type", record.metadata->error_type);
    text("execution_log.failure_stage", to_string(record.metadata->failure_stage));
    text("execution_log.error_code", record.metadata->error_code);
  }
  out.end_array();
}

std::string nanoseconds(EpochMs time) {
  return fmt::format("{}000000", time);
}

}  // namespace

std::string to_csv(const Record& record) {
  const auto number = [](Int value) { return value ? std::to_string(*value) : std::string(); };
  std::string line;
  const auto cells = [&](std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) {
      if (!line.empty()) line += ',';
      append_cell(line, text);
    }
  };
  cells({to_iso8601(record.start_time), record.tool_call_id, record.tool_name,
         to_string(record.status)});
  line += "," + number(record.duration_ms);
  cells({record.error.value_or(""),
         record.metadata ? to_string(record.metadata->failure_stage) : std::string_view(),
         record.principal ? std::string_view(record.principal->id) : std::string_view(),
         record.request.session_id, record.parent_id, record.place});
  line += fmt::format(",{},{}", record.api_calls.size(), number(record.result.size_bytes));
  cells({record.trace_id.view(), record.span_id.view()});
  return line + "\r\n";
}

int severity_of(const Record& record) {
  switch (record.status) {
    case Status::kFailed:
    case Status::kTimeout:
      return 17;
    case Status::kDenied:
    case Status::kCancelled:
    case Status::kPartial:
    case Status::kUnknown:
      return 13;
    default:
      return record.warnings.empty() ? 9 : 13;
  }
}

std::string to_otlp(const Record& record) {
  const int severity = severity_of(record);
  json::Writer out;
  out.begin_object().key("resourceLogs").begin_array().begin_object();
  out.key("resource")
      .raw(R"({"attributes":[{"key":"service.name","value":{"stringValue":"larkspur"}}]})");
  out.key("scopeLogs").begin_array().begin_object();
  out.key("scope").raw(R"({"name":"larkspur/vmcp"})");
  out.key("logRecords").begin_array().begin_object();
  out.key("timeUnixNano").string(nanoseconds(record.end_time.value_or(record.start_time)));
  out.key("severityNumber").integer(severity);
  out.key("severityText").string(severity == 9 ? "INFO" : severity == 13 ? "WARN" : "ERROR");
  out.key("eventName").string("mcp.tool.execution");
  out.key("body");
  const auto body = json::Document::parse(to_json(record, View::kAudit));
  write_any(out, body ? body->root() : json::Value());
  write_attributes(out, record);
  if (!record.trace_id.empty()) out.key("traceId").string(record.trace_id.view());
  if (!record.span_id.empty()) out.key("spanId").string(record.span_id.view());
  out.end_object().end_array().end_object().end_array().end_object().end_array().end_object();
  return out.take();
}

}  // namespace larkspur::execlog
