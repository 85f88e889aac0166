#include "gateway/clients/legacy_output.h"

#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::gateway {

namespace {

constexpr std::string_view kPlace = "#/properties/result";

// A copy of the schema in which every reference to its own root, or below it, goes to its new
// place. A part with an $id is a document of its own: references inside it stay.
void move_schema(const json::Value& schema, bool is_root, json::Writer& out) {
  if (schema.is_array()) {
    out.begin_array();
    for (const json::Value each : schema.elements()) move_schema(each, false, out);
    out.end_array();
    return;
  }
  if (!schema.is_object() || schema["$id"].is_string()) {
    out.raw(schema.raw());
    return;
  }
  out.begin_object();
  for (const auto [key, value] : schema.members()) {
    if (is_root && key == "$schema") continue;  // said at the new root
    out.key(key);
    const bool refers = (key == "$ref" || key == "$dynamicRef") && value.is_string();
    const std::string_view target = refers ? value.string() : std::string_view();
    if (target == "#" || target.starts_with("#/")) {
      out.string(std::string(kPlace).append(target.substr(1)));
    } else {
      move_schema(value, false, out);
    }
  }
  out.end_object();
}

std::string object_schema(const json::Value& schema) {
  json::Writer out;
  out.begin_object();
  if (schema["$schema"].exists()) out.key("$schema").raw(schema["$schema"].raw());
  out.key("type").string("object").key("properties").begin_object().key("result");
  move_schema(schema, true, out);
  out.end_object().key("required").begin_array().string("result").end_array().end_object();
  return out.take();
}

}  // namespace

bool has_foreign_output(std::string_view definition) {
  if (!definition.contains("\"outputSchema\"")) return false;
  const auto members = json::scan_object(definition);
  if (!members) return false;
  const std::string_view raw = json::find_member(*members, "outputSchema");
  if (raw.empty()) return false;
  const auto schema = json::Document::parse(std::string(raw));
  return schema && schema->root()["type"].string() != "object";
}

std::string with_object_schema(std::string_view definition) {
  const auto members = json::scan_object(definition);
  if (!members) return std::string(definition);
  json::Writer out(definition.size() + 128);
  out.begin_object();
  for (const json::Member& member : *members) {
    out.key(member.key);
    if (member.key != "outputSchema") {
      out.raw(member.raw);
    } else if (const auto schema = json::Document::parse(std::string(member.raw))) {
      out.raw(object_schema(schema->root()));
    } else {
      out.raw(R"({"type":"object"})");
    }
  }
  out.end_object();
  return out.take();
}

std::string with_object_output(std::string result, bool always) {
  if (!result.contains("\"structuredContent\"")) return result;
  const auto members = json::split_object(result);
  if (!members) return result;
  const std::string_view output = json::find_member(*members, "structuredContent");
  if (output.empty() || (output.starts_with('{') && !always)) return result;
  const std::string_view content = json::find_member(*members, "content");
  const bool has_content =
      content.starts_with('[') && content.find_first_not_of(" \t\r\n", 1) != content.find(']');
  json::Writer out(result.size() * 2);
  out.begin_object();
  if (!has_content) {
    out.key("content").begin_array().begin_object().key("type").string("text");
    out.key("text").string(output).end_object().end_array();
  }
  for (const json::Member& member : *members) {
    if (member.key == "content" && !has_content) continue;
    out.key(member.key);
    if (member.key == "structuredContent") {
      out.begin_object().key("result").raw(output).end_object();
    } else {
      out.raw(member.raw);
    }
  }
  out.end_object();
  return out.take();
}

}  // namespace larkspur::gateway
