#include "mcp/auth/protected_resource.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/value.h"

namespace larkspur::mcp::auth {

namespace {

constexpr std::string_view kWellKnown = "/.well-known/oauth-protected-resource";

std::string_view path_of(const net::Url& url) {
  return std::string_view(url.target).substr(0, url.target.find('?'));
}

// Does `path` lie in `folder`? "/mcp/x" lies in "/mcp" and "/mcp/", "/mcpx" does not.
bool lies_in(std::string_view path, std::string_view folder) {
  if (folder.ends_with('/')) folder.remove_suffix(1);
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::vector<std::string> places(const net::Url& url, const std::string& advertised) {
  if (!advertised.empty()) return {advertised};
  std::vector<std::string> urls;
  if (path_of(url) != "/")
    urls.push_back(fmt::format("{}{}{}", url.origin(), kWellKnown, path_of(url)));
  urls.push_back(fmt::format("{}{}", url.origin(), kWellKnown));
  return urls;
}

}  // namespace

Result<ProtectedResource> read_protected_resource(std::string_view json, const net::Url& url) {
  auto document = json::Document::parse(std::string(json));
  if (!document) return fail(ErrorCode::kProtocol, "is not JSON: " + document.error().message);
  const json::Value root = document->root();
  ProtectedResource out{.resource = std::string(root["resource"].string())};
  const auto resource = net::Url::parse(out.resource);
  if (!resource || resource->origin() != url.origin() ||
      !lies_in(path_of(url), path_of(*resource))) {
    return fail(ErrorCode::kProtocol, fmt::format("speaks for the resource '{}', not for {}{}",
                                                  printable(truncate_utf8(out.resource, 200)),
                                                  url.origin(), path_of(url)));
  }
  for (const json::Value each : root["authorization_servers"].elements()) {
    if (out.authorization_server.empty()) out.authorization_server = each.string();
  }
  for (const json::Value each : root["scopes_supported"].elements()) {
    if (each.is_string()) out.scopes.emplace_back(each.string());
  }
  if (out.authorization_server.empty()) {
    return fail(ErrorCode::kProtocol, "names no authorization server");
  }
  return out;
}

Async<Result<WhereToLogIn>> find_login(net::HttpClient& http, std::string server_url,
                                       BearerChallenge challenge,
                                       SteadyClock::time_point deadline) {
  const auto url = safe_url(server_url);
  if (!url) co_return fail(url.error());
  std::optional<ProtectedResource> resource;
  for (const std::string& place : places(*url, challenge.resource_metadata)) {
    auto text = co_await fetch_json(http, place, deadline);
    if (!text && text.error().code != ErrorCode::kProtocol) co_return fail(text.error());
    if (!text) continue;
    auto read = read_protected_resource(*text, *url);
    // A document that speaks for somebody else is an attack or a mistake, and no reason to go on.
    if (!read) {
      co_return fail(read.error().code, fmt::format("{} {}", place, read.error().message));
    }
    resource = *std::move(read);
    break;
  }
  if (!resource) {
    if (!challenge.resource_metadata.empty()) {
      co_return fail(ErrorCode::kProtocol,
                     fmt::format("there is nothing at {}", challenge.resource_metadata));
    }
    resource = ProtectedResource{.resource = server_url,
                                 .authorization_server = fmt::format(
                                     "{}://{}", url->tls ? "https" : "http", url->host_header())};
  }
  auto server = co_await discover(http, resource->authorization_server, deadline);
  if (!server) co_return fail(std::move(server.error()));
  co_return WhereToLogIn{*std::move(resource), *std::move(server)};
}

}  // namespace larkspur::mcp::auth
