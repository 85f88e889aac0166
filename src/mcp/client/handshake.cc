#include "mcp/client/handshake.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/value.h"
#include "mcp/client/incoming.h"
#include "mcp/message.h"

namespace larkspur::mcp {
namespace {

constexpr std::string_view kServerInfo = "io.modelcontextprotocol/serverInfo";

template <class Versions>
bool contains(const Versions& versions, std::string_view version) {
  return std::ranges::find(versions, version) != versions.end();
}

bool lists_modern(json::Value versions) {
  for (const json::Value version : versions.elements()) {
    if (contains(kModernVersions, version.string())) return true;
  }
  return false;
}

bool lists_legacy(json::Value versions) {
  for (const json::Value version : versions.elements()) {
    if (contains(kLegacyVersions, version.string())) return true;
  }
  return false;
}

Verdict judge_error(const RpcError& error) {
  switch (error.code) {
    case rpc::kUnsupportedVersion: {
      const auto data = json::Document::parse(error.data);
      return data && lists_legacy(data->root()["supported"]) ? Verdict::kLegacy
                                                             : Verdict::kUnsupported;
    }
    case rpc::kHeaderMismatch:
    case rpc::kMissingClientCapability:
      return Verdict::kUnsupported;
    default:
      return Verdict::kLegacy;
  }
}

Implementation implementation(json::Value info) {
  return {std::string(info["name"].string()), std::string(info["version"].string())};
}

std::string capabilities_of(json::Value result) {
  const json::Value capabilities = result["capabilities"];
  return capabilities.is_object() ? std::string(capabilities.raw()) : "{}";
}

Result<ServerFacts> modern_facts(std::string result) {
  auto document = json::Document::parse(std::move(result));
  if (!document) return fail(ErrorCode::kProtocol, "server/discover: " + document.error().message);
  const json::Value root = document->root();
  const json::Value stamped = root["_meta"][kServerInfo];
  return ServerFacts{
      .era = Era::kModern,
      .protocol_version = std::string(kModernVersion),
      .server = implementation(stamped.exists() ? stamped : root["serverInfo"]),
      .capabilities = capabilities_of(root),
      .instructions = std::string(root["instructions"].string()),
  };
}

Result<ServerFacts> legacy_facts(std::string result) {
  auto document = json::Document::parse(std::move(result));
  if (!document) return fail(ErrorCode::kProtocol, "initialize: " + document.error().message);
  const json::Value root = document->root();
  const std::string_view version = root["protocolVersion"].string();
  if (!contains(kLegacyVersions, version)) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("the server offers protocol version {}, which this client does not speak "
                    "({} and {} are)",
                    quoted(version, 40), fmt::join(kModernVersions, ", "),
                    fmt::join(kLegacyVersions, ", ")));
  }
  return ServerFacts{
      .era = Era::kLegacy,
      .protocol_version = std::string(version),
      .server = implementation(root["serverInfo"]),
      .capabilities = capabilities_of(root),
      .instructions = std::string(root["instructions"].string()),
  };
}

Ask discover(SteadyClock::time_point deadline) {
  return {.era = Era::kModern, .method = "server/discover", .options = {.deadline = deadline}};
}

Ask initialize(const Stamp& stamp, SteadyClock::time_point deadline) {
  return {.era = Era::kLegacy,
          .method = "initialize",
          .params = stamp.initialize_params(),
          .options = {.deadline = deadline}};
}

std::unexpected<Error> in_handshake(std::string_view method, Error error) {
  error.message = fmt::format("{}: {}", method, error.message);
  return fail(std::move(error));
}

Async<Result<ServerFacts>> shake_hands_legacy(Connection& connection, const Stamp& stamp,
                                              HandshakeOptions options) {
  const Ask ask = initialize(stamp, options.deadline);
  CallReply reply = (co_await connection.exchange(ask)).reply;
  if (!reply) {
    // A modern server that was too slow for the probe: it is awake now.
    const auto& error = reply.error();
    if (options.probe_silence.count() > 0 && error.rpc &&
        error.rpc->code == rpc::kUnsupportedVersion) {
      const Ask again = discover(options.deadline);
      CallReply discovered = (co_await connection.exchange(again)).reply;
      if (judge_discover(discovered) == Verdict::kModern)
        co_return modern_facts(*std::move(discovered));
    }
    co_return in_handshake("initialize", reply.error().error);
  }
  auto facts = legacy_facts(*std::move(reply));
  if (!facts) co_return facts;
  auto told = co_await connection.tell(notification_message("notifications/initialized", ""),
                                       options.deadline);
  if (!told) co_return in_handshake("notifications/initialized", told.error());
  co_return facts;
}

}  // namespace

Verdict judge_discover(const CallReply& reply) {
  if (reply) {
    const auto document = json::Document::parse(*reply);
    const bool modern = document && lists_modern(document->root()["supportedVersions"]);
    return modern ? Verdict::kModern : Verdict::kLegacy;
  }
  if (reply.error().rpc) return judge_error(*reply.error().rpc);
  switch (reply.error().error.code) {
    case ErrorCode::kProtocol:  // it answered, but not in these words
    case ErrorCode::kNotFound:
    case ErrorCode::kUnsupported:
      return Verdict::kLegacy;
    default:
      return Verdict::kNoEvidence;
  }
}

Async<Result<ServerFacts>> shake_hands(Connection& connection, const Stamp& stamp,
                                       HandshakeOptions options) {
  if (!options.probe) co_return co_await shake_hands_legacy(connection, stamp, options);

  const bool may_be_silent = options.probe_silence.count() > 0;
  const auto probe_deadline =
      may_be_silent ? std::min(options.deadline, SteadyClock::now() + options.probe_silence)
                    : options.deadline;
  const Ask ask = discover(probe_deadline);
  CallReply reply = (co_await connection.exchange(ask)).reply;
  switch (judge_discover(reply)) {
    case Verdict::kModern:
      co_return modern_facts(*std::move(reply));
    case Verdict::kLegacy:
      break;
    case Verdict::kNoEvidence:
      if (may_be_silent && reply.error().error.code == ErrorCode::kTimeout) break;
      co_return in_handshake("server/discover", reply.error().error);
    case Verdict::kUnsupported:
      co_return fail(ErrorCode::kUnsupported,
                     fmt::format("the server refuses protocol version {}: {}", kModernVersion,
                                 reply.error().error.message));
  }
  co_return co_await shake_hands_legacy(connection, stamp, options);
}

}  // namespace larkspur::mcp
