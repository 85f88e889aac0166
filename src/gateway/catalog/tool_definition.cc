#include "gateway/catalog/tool_definition.h"

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

namespace {

// The object with execution.taskSupport set to `support`; "" takes it out, and with it an execution
// that says nothing else.
std::string with_task_support(std::string_view definition, std::string_view support) {
  const auto members = json::scan_object(definition);
  if (!members) return std::string(definition);
  json::Writer execution;
  execution.begin_object();
  if (const auto old = json::scan_object(json::find_member(*members, "execution"))) {
    for (const json::Member& member : *old) {
      if (member.key != "taskSupport") execution.key(member.key).raw(member.raw);
    }
  }
  if (!support.empty()) execution.key("taskSupport").string(support);
  execution.end_object();
  const bool says_something = execution.text() != "{}";
  json::Writer out(definition.size() + 64);
  out.begin_object();
  bool written = false;
  for (const json::Member& member : *members) {
    if (member.key != "execution") {
      out.key(member.key).raw(member.raw);
    } else if (says_something) {
      out.key(member.key).raw(execution.text());
      written = true;
    }
  }
  if (says_something && !written) out.key("execution").raw(execution.text());
  out.end_object();
  return out.take();
}

}  // namespace

call::TaskSupport settle_task_support(std::string& definition, TaskOffer offer) {
  if (offer == TaskOffer::kModern) {
    definition = with_task_support(definition, "optional");
    return call::TaskSupport::kServerDecides;
  }
  const auto members = json::scan_object(definition);
  if (!members) return call::TaskSupport::kNone;
  const auto execution =
      json::Document::parse(std::string(json::find_member(*members, "execution")));
  if (!execution || !execution->root()["taskSupport"].exists()) return call::TaskSupport::kNone;
  const std::string_view support = execution->root()["taskSupport"].string();
  if (offer == TaskOffer::kLegacy) {
    if (support == "optional") return call::TaskSupport::kOnRequest;
    if (support == "required") return call::TaskSupport::kRequired;
    return call::TaskSupport::kNone;
  }
  definition = with_task_support(definition, "");
  return call::TaskSupport::kNone;
}

std::string without_task_support(std::string_view definition) {
  return with_task_support(definition, "");
}

}  // namespace larkspur::gateway
