#include "mcp/client/listen_filter.h"

#include <array>
#include <utility>

#include "json/value.h"
#include "json/writer.h"

namespace larkspur::mcp {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kLists = {
    {{"tools", "toolsListChanged"},
     {"prompts", "promptsListChanged"},
     {"resources", "resourcesListChanged"}}};

}  // namespace

std::string listen_params(std::string_view capabilities, const std::set<std::string>& watched) {
  const auto document = json::Document::parse(std::string(capabilities));
  if (!document) return {};
  const json::Value root = document->root();
  bool any = false;
  json::Writer out;
  out.begin_object().key("notifications").begin_object();
  for (const auto& [capability, filter] : kLists) {
    if (!root[capability]["listChanged"].boolean()) continue;
    out.key(filter).boolean(true);
    any = true;
  }
  if (!watched.empty() && root["resources"]["subscribe"].boolean()) {
    out.key("resourceSubscriptions").begin_array();
    for (const std::string& uri : watched) out.string(uri);
    out.end_array();
    any = true;
  }
  out.end_object().end_object();
  return any ? out.take() : std::string();
}

}  // namespace larkspur::mcp
