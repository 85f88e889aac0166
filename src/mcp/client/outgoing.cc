#include "mcp/client/outgoing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "base/text.h"
#include "json/scan.h"
#include "json/writer.h"
#include "mcp/message.h"

namespace larkspur::mcp {
namespace {

constexpr std::string_view kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view kCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view kClientKey = "io.modelcontextprotocol/clientInfo";
constexpr std::string_view kProgressKey = "progressToken";

bool is_ours(std::string_view key) {
  return key == kProgressKey || key == kVersionKey || key == kCapabilitiesKey || key == kClientKey;
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

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::array<unsigned, 3> group{};
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < count; ++k) group[k] = static_cast<unsigned char>(bytes[i + k]);
    const unsigned bits = group[0] << 16 | group[1] << 8 | group[2];
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= count ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

}  // namespace

Stamp::Stamp(const Implementation& client) {
  const std::string info = implementation_json(client);
  modern_members_ = fmt::format(R"("{}":"{}","{}":{{}},"{}":{})", kVersionKey, kModernVersion,
                                kCapabilitiesKey, kClientKey, info);
  initialize_params_ = fmt::format(
      R"({{"protocolVersion":"{}","capabilities":{{}},"clientInfo":{}}})", kLegacyVersion, info);
}

bool Stamp::append_meta(Era era, std::string_view meta, std::int64_t progress_token,
                        std::string& out) const {
  const std::size_t start = out.size();
  out += R"("_meta":{)";
  const std::size_t first = out.size();
  const auto comma = [&] {
    if (out.size() > first) out += ',';
  };
  if (era == Era::kModern) out += modern_members_;
  if (progress_token >= 0) {
    comma();
    fmt::format_to(std::back_inserter(out), R"("{}":{})", kProgressKey, progress_token);
  }
  if (!meta.empty()) {
    const auto members = json::scan_object(meta);
    if (!members) return false;
    for (const json::Member& member : *members) {
      if (is_ours(member.key)) continue;
      comma();
      out += json::quote(member.key);
      out += ':';
      out += member.raw;
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
  out.reserve(request.params.size() + request.meta.size() + 384);
  fmt::format_to(std::back_inserter(out), R"({{"jsonrpc":"2.0","id":{},"method":)", request.id);
  out += json::quote(request.method);
  out += R"(,"params":{)";
  out += *params;
  if (!params->empty()) out += ',';
  const std::size_t before_meta = out.size();
  if (!stamp.append_meta(request.era, request.meta, request.wants_progress ? request.id : -1,
                         out)) {
    return {};
  }
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

std::string reply_text(std::string_view raw_id, std::string_view method) {
  if (method == "ping") return result_message(raw_id, "{}");
  return error_message(raw_id, {.code = rpc::kMethodNotFound,
                                .message = fmt::format("this client does not offer {}", method),
                                .data = {}});
}

std::string header_value(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
  const bool padded = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  const bool looks_encoded = text.starts_with("=?base64?") && text.ends_with("?=");
  if (plain && !padded && !looks_encoded) return std::string(text);
  return "=?base64?" + base64(text) + "?=";
}

}  // namespace larkspur::mcp
