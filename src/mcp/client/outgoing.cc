#include "mcp/client/outgoing.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/base64.h"
#include "base/text.h"
#include "json/scan.h"
#include "json/writer.h"
#include "mcp/message.h"

namespace larkspur::mcp {
namespace {

constexpr std::string_view kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view kCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view kClientKey = "io.modelcontextprotocol/clientInfo";
constexpr std::string_view kLogLevelKey = "io.modelcontextprotocol/logLevel";
constexpr std::string_view kProgressKey = "progressToken";

bool is_ours(std::string_view key) {
  return key == kProgressKey || key == kVersionKey || key == kCapabilitiesKey ||
         key == kClientKey || key == kLogLevelKey;
}

std::string implementation_json(const Implementation& client) {
  json::Writer out;
  out.begin_object()
      .key("name")
      .string(client.name)
      .key("version")
      .string(client.version)
      .end_object();
  return out.take();
}

// The text between the braces of an object, white space trimmed; nullopt when it is not one.
std::optional<std::string_view> inside(std::string_view object) {
  const std::string_view text = trim(object);
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  return trim(text.substr(1, text.size() - 2));
}

}  // namespace

Stamp::Stamp(const Implementation& client, std::string_view capabilities)
    : client_info_(implementation_json(client)),
      initialize_params_(
          fmt::format(R"({{"protocolVersion":"{}","capabilities":{},"clientInfo":{}}})",
                      kLegacyVersion, capabilities, client_info_)) {}

bool Stamp::append_meta(const RequestText& request, std::string& out) const {
  const std::size_t start = out.size();
  out += R"("_meta":{)";
  const std::size_t first = out.size();
  const auto key = [&](std::string_view name) -> std::string& {
    if (out.size() > first) out += ',';
    return out.append("\"").append(name).append("\":");
  };
  if (request.era == Era::kModern) {
    key(kVersionKey).append("\"").append(kModernVersion).append("\"");
    key(kCapabilitiesKey)
        .append(request.client_capabilities.empty() ? "{}" : request.client_capabilities);
    key(kClientKey).append(client_info_);
    if (!request.log_level.empty()) {
      key(kLogLevelKey).append("\"").append(request.log_level).append("\"");
    }
  }
  if (request.wants_progress) key(kProgressKey).append(fmt::format_int(request.id).c_str());
  if (!request.meta.empty()) {
    const auto members = json::split_object(request.meta);  // JSON, since it is part of some
    if (!members) return false;
    for (const json::Member& member : *members) {
      if (is_ours(member.key)) continue;
      if (out.size() > first) out += ',';
      out.append(json::quote(member.key)).append(":").append(member.raw);
    }
  }
  if (out.size() == first) {
    out.resize(start);
  } else {
    out += '}';
  }
  return true;
}

std::string request_text(const Stamp& stamp, const RequestText& request) {
  const auto params = request.params.empty() ? std::string_view() : inside(request.params);
  if (!params) return {};
  std::string out;
  out.reserve(request.params.size() + request.meta.size() + 448);
  out.append(R"({"jsonrpc":"2.0","id":)").append(fmt::format_int(request.id).c_str());
  out.append(R"(,"method":)").append(json::quote(request.method)).append(R"(,"params":{)");
  out += *params;
  if (!params->empty()) out += ',';
  const std::size_t before_meta = out.size();
  if (!stamp.append_meta(request, out)) return {};
  if (out.size() == before_meta && !params->empty()) out.pop_back();
  out += "}}";
  return out;
}

std::string cancelled_text(std::int64_t request_id, std::string_view reason) {
  json::Writer params;
  params.begin_object()
      .key("requestId")
      .integer(request_id)
      .key("reason")
      .string(reason)
      .end_object();
  return notification_message("notifications/cancelled", params.text());
}

std::string reply_text(std::string_view raw_id, const RpcResult& result) {
  return result ? result_message(raw_id, *result) : error_message(raw_id, result.error());
}

std::string header_value(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
  const bool padded = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  const bool looks_encoded = text.starts_with("=?base64?") && text.ends_with("?=");
  if (plain && !padded && !looks_encoded) return std::string(text);
  return "=?base64?" + to_base64(text) + "?=";
}

}  // namespace larkspur::mcp
