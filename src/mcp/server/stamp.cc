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

constexpr std::array<std::string_view, 4> kStampedMembers = {"resultType", "ttlMs", "cacheScope",
                                                             "_meta"};

// The members of the result's own _meta, without the one that only we may write.
void copy_meta(std::string_view meta, json::Writer& out) {
  const auto members = json::split_object(meta);
  if (!members) return;  // absent, or no object: nothing worth keeping
  for (const json::Member& member : *members) {
    if (member.key != kMetaServer) out.key(member.key).raw(member.raw);
  }
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
  json::Writer out(result.size() + 256);
  out.begin_object().key("resultType").string(asks ? "input_required" : "complete");
  if (!asks && std::ranges::find(kCacheableMethods, method) != kCacheableMethods.end()) {
    // Nothing is promised: lists depend on who asks and change with the backends.
    out.key("ttlMs").integer(0).key("cacheScope").string("private");
  }
  for (const json::Member& member : *members) {
    if (std::ranges::find(kStampedMembers, member.key) != kStampedMembers.end()) continue;
    out.key(member.key).raw(member.raw);
  }
  out.key("_meta").begin_object();
  copy_meta(json::find_member(*members, "_meta"), out);
  out.key(kMetaServer).begin_object();
  out.key("name").string(server.name).key("version").string(server.version).end_object();
  out.end_object().end_object();
  return out.take();
}

}  // namespace larkspur::mcp::server
