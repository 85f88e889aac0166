#include "gateway/path/log_in_result.h"

#include "json/scan.h"
#include "json/writer.h"

namespace larkspur::gateway {

namespace {

constexpr std::string_view kMember = "execution_log";

// Of the short view. Entries of api_calls have further members by their kind.
constexpr std::string_view kSchema =
    R"({"type":"object","description":"How this call ran: what it called outside, how long that took, and why it failed.","properties":{"tool_call_id":{"type":"string"},"start_time":{"type":"string"},"end_time":{"type":["string","null"]},"duration_ms":{"type":["integer","null"]},"messages":{"type":"array","items":{"type":"string"}},"api_calls":{"type":"array","items":{"type":"object","properties":{"api":{"type":"string"},"status":{"type":"string"},"kind":{"type":"string"},"duration_ms":{"type":"integer"},"request_id":{"type":["string","null"]}},"required":["api","status"]}},"warnings":{"type":"array","items":{"type":"string"}},"error":{"type":["string","null"]},"metadata":{"type":["object","null"]}},"required":["tool_call_id","start_time","end_time","duration_ms","messages","api_calls","warnings","error","metadata"]})";

// `object` shows one object inside `text`; the new member becomes its last.
void add_member(std::string& text, std::string_view object, std::string_view key,
                std::string_view value) {
  const auto end = static_cast<std::size_t>(object.data() - text.data()) + object.rfind('}');
  const bool empty = text[text.find_last_not_of(" \t\r\n", end - 1)] == '{';
  text.insert(end, (empty ? "" : ",") + json::quote(key) + ":" + std::string(value));
}

// Adds to the member `name` of the outermost object, which is made where it is missing.
void add_below(std::string& text, std::string_view name, std::string_view key,
               std::string_view value) {
  const auto members = json::scan_object(text);
  if (!members) return;
  const std::string_view object = json::find_member(*members, name);
  if (object.empty()) {
    add_member(text, text, name, "{" + json::quote(key) + ":" + std::string(value) + "}");
  } else if (object.starts_with('{')) {
    add_member(text, object, key, value);
  }
}

}  // namespace

bool LogInResult::changes(const call::Tool& tool) const {
  const bool structured =
      where_ == config::InResult::kStructured || where_ == config::InResult::kBoth;
  return structured && tool.source == call::kOwnSource;
}

std::string LogInResult::definition(const call::Tool& tool) const {
  std::string definition = tool.definition;
  if (!changes(tool)) return definition;
  const auto members = json::scan_object(definition);
  if (!members) return definition;
  const std::string_view schema = json::find_member(*members, "outputSchema");
  std::string described(schema.empty() ? R"({"type":"object"})" : schema);
  add_below(described, "properties", kMember, kSchema);
  if (schema.empty()) {
    add_member(definition, definition, "outputSchema", described);
  } else {
    definition.replace(static_cast<std::size_t>(schema.data() - definition.data()), schema.size(),
                       described);
  }
  return definition;
}

void LogInResult::add(std::string& result, const call::CallContext& context) const {
  if (context.execution_log.empty()) return;
  const bool in_data = context.tool && changes(*context.tool);
  if (in_data) add_below(result, "structuredContent", kMember, context.execution_log);
  if (!in_data || where_ == config::InResult::kBoth) {
    add_below(result, "_meta", kExecutionLogMeta, context.execution_log);
  }
}

}  // namespace larkspur::gateway
