#include "call/tool_schema.h"

#include <algorithm>

#include "base/text.h"
#include "json/value.h"

namespace larkspur::call {

namespace {

constexpr std::size_t kMaxSummaryBytes = 160;
constexpr std::size_t kMaxEnumValues = 8;
constexpr int kMaxTypeDepth = 3;  // list[list[list]] is where a reader stops caring

std::string simple_type(std::string_view type) {
  if (type == "string") return "str";
  if (type == "integer") return "int";
  if (type == "number") return "float";
  if (type == "boolean") return "bool";
  if (type == "object") return "dict";
  if (type == "null") return "None";
  return "any";
}

std::string type_of(json::Value schema, int depth);

std::string join_types(json::Value alternatives, int depth) {
  std::string text;
  for (const json::Value each : alternatives.elements()) {
    const std::string type = each.is_string() ? simple_type(each.string()) : type_of(each, depth);
    if (!text.empty()) text += " | ";
    text += type;
  }
  return text.empty() ? "any" : text;
}

std::string enum_type(json::Value values) {
  std::string text;
  std::size_t count = 0;
  for (const json::Value each : values.elements()) {
    if (++count > kMaxEnumValues) return text + " | ...";
    if (!text.empty()) text += " | ";
    text += printable(truncate_utf8(each.raw(), 40));
  }
  return text;
}

std::string type_of(json::Value schema, int depth) {
  if (depth > kMaxTypeDepth) return "any";
  if (const json::Value values = schema["enum"]; values.size() > 0) return enum_type(values);
  if (schema["const"].exists()) return printable(truncate_utf8(schema["const"].raw(), 40));
  for (const char* key : {"anyOf", "oneOf"}) {
    if (schema[key].is_array()) return join_types(schema[key], depth + 1);
  }
  const json::Value type = schema["type"];
  if (type.is_array()) return join_types(type, depth + 1);
  if (type.string() == "array") {
    const json::Value items = schema["items"];
    return items.is_object() ? "list[" + type_of(items, depth + 1) + "]" : "list";
  }
  return type.is_string() ? simple_type(type.string()) : "any";
}

std::string first_sentence(std::string_view description) {
  description = trim(description.substr(0, description.find('\n')));
  if (const std::size_t end = description.find(". "); end != std::string_view::npos) {
    description = description.substr(0, end + 1);
  }
  if (description.size() <= kMaxSummaryBytes) return printable(description);
  return printable(truncate_utf8(description, kMaxSummaryBytes - 3)) + "...";
}

}  // namespace

ToolSchema read_schema(std::string_view definition) {
  ToolSchema schema;
  const auto document = json::Document::parse(std::string(definition));
  if (!document) return schema;
  const json::Value tool = document->root();
  const json::Value input = tool["inputSchema"];
  schema.summary = first_sentence(tool["description"].string());
  schema.open =
      input["additionalProperties"].boolean(true) || input["additionalProperties"].is_object();
  const auto is_required = [&](std::string_view name) {
    for (const json::Value each : input["required"].elements()) {
      if (each.string() == name) return true;
    }
    return false;
  };
  for (const bool required : {true, false}) {
    for (const auto [name, property] : input["properties"].members()) {
      if (is_required(name) != required) continue;
      schema.parameters.push_back({std::string(name), type_of(property, 0), required});
    }
  }
  return schema;
}

}  // namespace larkspur::call
