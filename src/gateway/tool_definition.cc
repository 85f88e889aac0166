#include "gateway/tool_definition.h"

#include <vector>

#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::gateway {

Result<std::string> tool_name(std::string_view definition) {
  auto members = json::scan_object(definition);
  if (!members) return fail(std::move(members.error()));
  const std::string_view raw = json::find_member(*members, "name");
  auto name = json::Document::parse(std::string(raw));
  if (!name || !name->root().is_string() || name->root().string().empty()) {
    return fail(ErrorCode::kProtocol, "a tool needs a name that is a non-empty string");
  }
  return std::string(name->root().string());
}

std::string rewrite_definition(std::string_view definition, std::string_view name,
                               std::string_view description) {
  const auto members = json::scan_object(definition);
  json::Writer writer;
  writer.begin_object();
  bool has_description = false;
  bool has_schema = false;
  for (const json::Member& member : *members) {
    writer.key(member.key);
    if (member.key == "name") {
      writer.string(name);
    } else if (member.key == "description" && !description.empty()) {
      writer.string(description);
    } else {
      writer.raw(member.raw);
    }
    has_description |= member.key == "description";
    has_schema |= member.key == "inputSchema";
  }
  if (!has_description && !description.empty()) writer.key("description").string(description);
  if (!has_schema) writer.key("inputSchema").raw(R"({"type":"object"})");
  writer.end_object();
  return writer.take();
}

std::string rename_definition(std::string_view definition, std::string_view name) {
  const auto members = json::scan_object(definition);
  json::Writer writer;
  writer.begin_object();
  for (const json::Member& member : *members) {
    writer.key(member.key);
    if (member.key == "name") {
      writer.string(name);
    } else {
      writer.raw(member.raw);
    }
  }
  writer.end_object();
  return writer.take();
}

}  // namespace larkspur::gateway
