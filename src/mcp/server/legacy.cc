#include "mcp/server/legacy.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/scan.h"
#include "json/writer.h"
#include "mcp/server/logging.h"
#include "mcp/server/names.h"
#include "mcp/spelling.h"

namespace larkspur::mcp::server {

namespace {

RpcResult set_level(const json::Value& params, const Session& session) {
  const auto severity = log_severity(params["level"].string());
  if (!severity) {
    return rpc_fail(rpc::kInvalidParams, fmt::format("Invalid params: \"level\" must be one of {}",
                                                     fmt::join(kLogLevels, ", ")));
  }
  session.state->log_severity = static_cast<int>(*severity);
  return "{}";
}

// A modern result's _meta without its sender; "" where nothing is left.
std::string meta_of_legacy(std::string_view meta) {
  const auto members = json::split_object(meta);
  if (!members) return std::string(meta);
  json::Writer out;
  out.begin_object();
  bool empty = true;
  for (const json::Member& member : *members) {
    if (member.key == kMetaServer) continue;
    out.key(member.key).raw(member.raw);
    empty = false;
  }
  out.end_object();
  return empty ? std::string() : out.take();
}

}  // namespace

std::expected<Session, RpcError> read_initialize(const json::Value& params) {
  const json::Value version = params["protocolVersion"];
  if (!version.is_string()) {
    return rpc_fail(rpc::kInvalidParams,
                    "Invalid params: initialize needs \"protocolVersion\", a string such as \"" +
                        std::string(kLegacyVersion) + "\"");
  }
  for (const std::string_view name : {"capabilities", "clientInfo"}) {
    if (params[name].exists() && !params[name].is_object()) {
      return rpc_fail(rpc::kInvalidParams,
                      fmt::format("Invalid params: \"{}\" must be an object", name));
    }
  }
  const bool known = std::ranges::find(kLegacyVersions, version.string()) != kLegacyVersions.end();
  Session session;
  session.protocol_version = known ? version.string() : kLegacyVersion;
  session.client.name = params["clientInfo"]["name"].string();
  session.client.version = params["clientInfo"]["version"].string();
  session.client_capabilities = params["capabilities"].raw();
  return session;
}

std::string initialize_result(const Handler& handler, const Identity& who,
                              std::string_view protocol_version) {
  const ServerIdentity& identity = handler.identity();
  const std::string instructions = handler.instructions(who);
  json::Writer out;
  out.begin_object().key("protocolVersion").string(protocol_version);
  out.key("capabilities").raw(identity.capabilities);
  out.key("serverInfo").begin_object();
  out.key("name").string(identity.server.name).key("version").string(identity.server.version);
  out.end_object();
  if (!instructions.empty()) out.key("instructions").string(instructions);
  out.end_object();
  return out.take();
}

std::optional<RpcResult> answer_legacy(std::string_view method, const json::Value& params,
                                       const Session& session) {
  if (method == "ping") return "{}";
  if (method == "logging/setLevel") return set_level(params, session);
  return std::nullopt;
}

std::string legacy_result(std::string result) {
  const auto members = json::split_object(result);
  if (!members || !spells(json::find_member(*members, "resultType"), "complete")) return result;
  json::Writer out(result.size());
  out.begin_object();
  for (const json::Member& member : *members) {
    if (member.key == "resultType" || member.key == "ttlMs" || member.key == "cacheScope") continue;
    if (member.key == "_meta") {
      if (const std::string meta = meta_of_legacy(member.raw); !meta.empty())
        out.key(member.key).raw(meta);
    } else {
      out.key(member.key).raw(member.raw);
    }
  }
  out.end_object();
  return out.take();
}

std::string_view log_level_of(const Session& session) {
  const int severity = session.state->log_severity;
  return severity < 0 ? "info" : kLogLevels[static_cast<std::size_t>(severity)];
}

}  // namespace larkspur::mcp::server
