// stamp_result(): the members of a result that belong to the server, spliced around what it
// carries.
#include <algorithm>
#include <array>

#include "json/scan.h"
#include "json/writer.h"
#include "mcp/server/modern.h"
#include "mcp/server/names.h"
#include "mcp/spelling.h"

namespace larkspur::mcp::server {

namespace {

// mcp 2026-07-28 server/utilities/caching: results that must say how long they hold.
constexpr std::array<std::string_view, 6> kCacheableMethods = {
    "server/discover",          "tools/list",    "prompts/list", "resources/list",
    "resources/templates/list", "resources/read"};

// mcp 2026-07-28 basic/patterns/mrtr: who may answer by asking.
constexpr std::array<std::string_view, 3> kAskingMethods = {"tools/call", "prompts/get",
                                                            "resources/read"};

// Of the members that a result came with, those that are written anew or left out. In a task, ttlMs
// is another thing: how long it is kept.
bool is_stamped(std::string_view key, bool is_task) {
  return key == "resultType" || key == "_meta" || key == "cacheScope" ||
         (key == "ttlMs" && !is_task);
}

void append_member(std::string& out, std::string_view key, std::string_view raw) {
  out.append(json::quote(key)).append(":").append(raw);
}

// The result's own _meta, and in it the one member that only we may write.
void append_meta(std::string& out, std::string_view meta, const Implementation& server) {
  out += R"("_meta":{)";
  const auto members = json::split_object(meta);
  if (members) {  // else it is absent, or no object: nothing worth keeping
    for (const json::Member& member : *members) {
      if (member.key == kMetaServer) continue;
      append_member(out, member.key, member.raw);
      out += ',';
    }
  }
  out.append(json::quote(kMetaServer)).append(R"(:{"name":)").append(json::quote(server.name));
  out.append(R"(,"version":)").append(json::quote(server.version)).append("}}");
}

}  // namespace

RpcResult stamp_result(std::string_view method, std::string_view result,
                       const Implementation& server) {
  const auto members = json::split_object(result);
  if (!members) {
    return rpc_fail(rpc::kInternalError, "Internal error: the result is not a JSON object");
  }
  const bool asks = spells(json::find_member(*members, "resultType"), "input_required") &&
                    std::ranges::find(kAskingMethods, method) != kAskingMethods.end();
  const bool is_task =
      method == "tools/call" && spells(json::find_member(*members, "resultType"), "task");
  std::string out;
  out.reserve(result.size() + 256);
  out += asks      ? R"({"resultType":"input_required")"
         : is_task ? R"({"resultType":"task")"
                   : R"({"resultType":"complete")";
  if (!asks && std::ranges::find(kCacheableMethods, method) != kCacheableMethods.end()) {
    // Nothing is promised: lists depend on who asks and change with the backends.
    out += R"(,"ttlMs":0,"cacheScope":"private")";
  }
  for (const json::Member& member : *members) {
    if (is_stamped(member.key, is_task || method.starts_with("tasks/"))) continue;
    out += ',';
    append_member(out, member.key, member.raw);
  }
  out += ',';
  append_meta(out, json::find_member(*members, "_meta"), server);
  return out += '}';
}

}  // namespace larkspur::mcp::server
