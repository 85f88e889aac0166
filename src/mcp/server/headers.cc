#include "mcp/server/headers.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/base64.h"
#include "base/text.h"
#include "mcp/server/names.h"

namespace larkspur::mcp::server {

namespace {

// The media type of "type/subtype; parameters".
std::string_view media_type(std::string_view value) {
  return trim(value.substr(0, value.find(';')));
}

bool matches(std::string_view range, std::string_view type) {
  if (range == "*/*" || equals_ignore_case(range, type)) return true;
  const std::string_view group = type.substr(0, type.find('/') + 1);
  return range.ends_with("/*") && equals_ignore_case(range.substr(0, range.size() - 1), group);
}

// The member of params that Mcp-Name repeats, "" for methods without one.
std::string_view name_member(std::string_view method) {
  struct Row {
    std::string_view method;
    std::string_view member;
  };
  static constexpr std::array<Row, 6> kRows = {{{"tools/call", "name"},
                                                {"prompts/get", "name"},
                                                {"resources/read", "uri"},
                                                {"tasks/get", "taskId"},
                                                {"tasks/update", "taskId"},
                                                {"tasks/cancel", "taskId"}}};
  const auto row = std::ranges::find(kRows, method, &Row::method);
  return row == kRows.end() ? std::string_view{} : row->member;
}

RpcError header_error(std::string_view header, std::string_view problem) {
  return {rpc::kHeaderMismatch,
          "Header mismatch: the header " + std::string(header) + ' ' + std::string(problem),
          {}};
}

// Integers are equal where their numbers are, however they are written: 42 and 42.0.
bool same_number(std::string_view a, std::string_view b) {
  const auto number = [](std::string_view text) -> std::optional<double> {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  };
  const auto is_plain = [](std::string_view text) {
    return text.find_first_not_of("-0123456789") == std::string_view::npos;
  };
  if (a == b) return true;                       // beyond 1e308, too
  if (is_plain(a) && is_plain(b)) return false;  // beyond 2^53, too
  const auto left = number(a);
  return left && left == number(b);
}

bool says(std::string_view header, const json::Value& argument) {
  if (argument.is_string()) return header == argument.string();
  if (argument.is_number()) return same_number(header, argument.raw());
  return header == argument.raw();
}

}  // namespace

bool has_json_content(const net::Headers& headers) {
  return equals_ignore_case(media_type(headers.get("Content-Type")), kJson);
}

bool accepts(const net::Headers& headers, std::string_view type) {
  for (const auto& [name, value] : headers) {
    if (!equals_ignore_case(name, "Accept")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (matches(media_type(rest.substr(0, comma)), type)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

std::optional<std::string> decode_header_value(std::string_view value) {
  constexpr std::string_view kPrefix = "=?base64?";
  constexpr std::string_view kSuffix = "?=";
  if (value.size() < kPrefix.size() + kSuffix.size() || !value.starts_with(kPrefix) ||
      !value.ends_with(kSuffix)) {
    return std::string(value);
  }
  return from_base64(value.substr(kPrefix.size(), value.size() - kPrefix.size() - kSuffix.size()));
}

std::optional<RpcError> missing_header(const net::Headers& headers, const Message& message) {
  const std::string_view member = name_member(message.method);
  const bool named = !member.empty() && message.params[member].exists();
  for (const std::string_view name : {kVersionHeader, kMethodHeader, kNameHeader}) {
    const std::size_t count = headers.count(name);
    if (count > 1) return header_error(name, "occurs more than once");
    const bool required = name != kNameHeader || named;
    if (count == 0 && required) return header_error(name, "is missing");
  }
  return std::nullopt;
}

std::optional<RpcError> mismatched_header(const net::Headers& headers, const Message& message) {
  if (headers.get(kVersionHeader) != message.params["_meta"][kMetaVersion].string()) {
    return header_error(kVersionHeader, "differs from the version in params._meta");
  }
  if (headers.get(kMethodHeader) != message.method) {
    return header_error(kMethodHeader, "differs from \"method\"");
  }
  const std::string_view member = name_member(message.method);
  if (member.empty() || !headers.has(kNameHeader)) return std::nullopt;
  const auto name = decode_header_value(headers.get(kNameHeader));
  if (!name) return header_error(kNameHeader, "has bad base64 in it");
  const json::Value value = message.params[member];
  if (value.is_string() && *name == value.string()) return std::nullopt;
  return header_error(kNameHeader, "differs from params." + std::string(member));
}

std::optional<RpcError> mismatched_param(const net::Headers& headers,
                                         const std::vector<ParamHeader>& wanted,
                                         const json::Value& arguments) {
  for (const ParamHeader& each : wanted) {
    json::Value argument = arguments;
    for (const std::string& key : each.path) argument = argument[key];
    if (!argument.is_string() && !argument.is_number() && !argument.is_bool()) continue;
    const std::size_t count = headers.count(each.name);
    if (count == 0) return header_error(each.name, "is missing");
    if (count > 1) return header_error(each.name, "occurs more than once");
    const auto value = decode_header_value(headers.get(each.name));
    if (!value) return header_error(each.name, "has bad base64 in it");
    if (!says(*value, argument)) {
      return header_error(each.name, "differs from the argument that it repeats");
    }
  }
  return std::nullopt;
}

}  // namespace larkspur::mcp::server
