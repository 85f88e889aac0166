#include "mcp/server/modern.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "json/writer.h"
#include "mcp/server/logging.h"
#include "mcp/server/names.h"

namespace larkspur::mcp::server {

namespace {

// Methods of the legacy era that the modern one took away.
constexpr std::array<std::string_view, 7> kRemovedMethods = {
    "initialize", "ping",        "logging/setLevel", "resources/subscribe", "resources/unsubscribe",
    "tasks/list", "tasks/result"};

std::string supported_versions() {
  json::Writer out;
  out.begin_array();
  for (const std::string_view version : kModernVersions) out.string(version);
  out.end_array();
  return out.take();
}

std::string discover_result(const Handler& handler, const Identity& who) {
  const ServerIdentity& identity = handler.identity();
  const std::string instructions = handler.instructions(who);
  json::Writer out;
  out.begin_object().key("supportedVersions").raw(supported_versions());
  out.key("capabilities").raw(identity.capabilities_in(Era::kModern));
  if (!instructions.empty()) out.key("instructions").string(instructions);
  out.end_object();
  return out.take();
}

}  // namespace

std::expected<ModernEnvelope, RpcError> read_modern_envelope(const json::Value& params) {
  const json::Value meta = params["_meta"];
  const json::Value version = meta[kMetaVersion];
  const json::Value capabilities = meta[kMetaCapabilities];
  const json::Value client = meta[kMetaClient];
  std::vector<std::string> wrong;
  const auto need = [&](bool ok, const json::Value& value, std::string_view key,
                        std::string_view type) {
    if (!ok) wrong.push_back(fmt::format("{} {}", key, value.exists() ? type : "is missing"));
  };
  if (!meta.is_object()) {
    need(false, meta, "params._meta", "must be an object");
  } else {
    need(version.is_string(), version, kMetaVersion, "must be a string");
    need(capabilities.is_object(), capabilities, kMetaCapabilities, "must be an object");
    need(!client.exists() || client.is_object(), client, kMetaClient, "must be an object");
  }
  if (!wrong.empty()) {
    return rpc_fail(
        rpc::kInvalidParams,
        fmt::format("Invalid params: the request's envelope in params._meta is not complete: {}",
                    fmt::join(wrong, "; ")));
  }
  ModernEnvelope envelope;
  envelope.protocol_version = version.string();
  envelope.client.name = client["name"].string();
  envelope.client.version = client["version"].string();
  envelope.client_capabilities = capabilities.raw();
  return envelope;
}

std::optional<RpcError> check_modern_version(std::string_view version) {
  if (std::ranges::find(kModernVersions, version) != kModernVersions.end()) return std::nullopt;
  json::Writer data;
  data.begin_object().key("supported").raw(supported_versions());
  data.key("requested").string(truncate_utf8(version, 64)).end_object();
  return RpcError{rpc::kUnsupportedVersion, "Unsupported protocol version", data.take()};
}

std::expected<std::string, RpcError> read_log_level(const json::Value& meta) {
  const json::Value level = meta[kMetaLogLevel];
  if (!level.exists() || log_severity(level.string())) return std::string(level.string());
  return rpc_fail(rpc::kInvalidParams, fmt::format("Invalid params: {} must be one of {}",
                                                   kMetaLogLevel, fmt::join(kLogLevels, ", ")));
}

std::optional<RpcResult> answer_modern(std::string_view method, const Handler& handler,
                                       const Identity& who) {
  if (method == "server/discover") {
    return stamp_result(method, discover_result(handler, who), handler.identity().server);
  }
  if (std::ranges::find(kRemovedMethods, method) == kRemovedMethods.end()) return std::nullopt;
  return rpc_fail(rpc::kMethodNotFound,
                  fmt::format("Method not found: {} is not part of {}", method, kModernVersion));
}

}  // namespace larkspur::mcp::server
