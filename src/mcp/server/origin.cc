#include "mcp/server/origin.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace larkspur::mcp::server {

namespace {

// "[::1]:8080" -> "[::1]", "localhost:80" -> "localhost". Nothing when what follows is no port.
std::optional<std::string_view> host_of(std::string_view authority) {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == authority.npos) return std::nullopt;
  const std::size_t colon = authority.find(':', bracket);
  if (colon == authority.npos) return authority;
  const std::string_view port = authority.substr(colon + 1);
  const bool digits = std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  if (port.empty() || port.size() > 5 || !digits) return std::nullopt;
  return authority.substr(0, colon);
}

bool is_loopback(std::string_view authority) {
  static constexpr std::array<std::string_view, 3> kNames = {"localhost", "127.0.0.1", "[::1]"};
  const auto host = host_of(authority);
  return host && std::ranges::any_of(kNames, [&](std::string_view name) {
           return equals_ignore_case(*host, name);
         });
}

bool is_listed(std::string_view value, const std::vector<std::string>& list) {
  return std::ranges::any_of(
      list, [&](const std::string& entry) { return equals_ignore_case(value, entry); });
}

bool is_loopback_origin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return is_loopback(origin.substr(scheme.size()));
  }
  return false;
}

bool host_is_served(std::string_view authority, const HttpEndpointOptions& options) {
  if (options.any_host || is_loopback(authority)) return true;
  const auto host = host_of(authority);
  return host &&
         (is_listed(authority, options.allowed_hosts) || is_listed(*host, options.allowed_hosts));
}

std::string quoted(std::string_view value) {
  return "'" + printable(truncate_utf8(value, 100)) + "'";
}

}  // namespace

std::optional<std::string> refuse_origin(const net::Headers& headers,
                                         const HttpEndpointOptions& options) {
  if (const std::string_view host = headers.get("Host"); !host_is_served(host, options)) {
    return "Forbidden: this server is not served under the host name " + quoted(host) +
           "; its operator can allow it";
  }
  if (!headers.has("Origin")) return std::nullopt;
  const std::string_view origin = headers.get("Origin");
  if (is_loopback_origin(origin) || is_listed(origin, options.allowed_origins)) return std::nullopt;
  return "Forbidden: requests from the origin " + quoted(origin) +
         " are not allowed; the operator can allow it";
}

}  // namespace larkspur::mcp::server
