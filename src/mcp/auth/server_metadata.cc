#include "mcp/auth/server_metadata.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/value.h"

namespace larkspur::mcp::auth {

namespace {

constexpr std::size_t kMaxDocumentBytes = 256 * 1024;

std::vector<std::string> texts(const json::Value& list) {
  std::vector<std::string> out;
  for (const json::Value each : list.elements()) {
    if (each.is_string()) out.emplace_back(each.string());
  }
  return out;
}

// 127.0.0.0/8 as digits: "127.evil.example" is a name like any other.
bool is_loopback_v4(std::string_view host) {
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host == "::1" || is_loopback_v4(host);
}

}  // namespace

Result<net::Url> safe_url(std::string_view text) {
  auto url = net::Url::parse(text);
  if (!url || url->tls || is_this_machine(url->host)) return url;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is not https, and not on this machine", url->origin()));
}

std::vector<std::string> metadata_urls(const net::Url& issuer) {
  const std::string origin = issuer.origin();
  const std::string_view path =
      issuer.target == "/" ? std::string_view() : std::string_view(issuer.target);
  std::vector<std::string> urls;
  for (const std::string_view name : {"oauth-authorization-server", "openid-configuration"}) {
    urls.push_back(fmt::format("{}/.well-known/{}{}", origin, name, path));
  }
  if (!path.empty()) {
    const std::string_view parent = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
    urls.push_back(fmt::format("{}{}/.well-known/openid-configuration", origin, parent));
  }
  return urls;
}

Result<ServerMetadata> read_metadata(std::string_view json, std::string_view issuer) {
  auto document = json::Document::parse(std::string(json));
  if (!document) return fail(ErrorCode::kProtocol, "is not JSON: " + document.error().message);
  const json::Value root = document->root();
  if (root["issuer"].string() != issuer) {
    return fail(ErrorCode::kProtocol,
                fmt::format("is the metadata of issuer '{}', not of '{}'",
                            printable(truncate_utf8(root["issuer"].string(), 200)), issuer));
  }
  return ServerMetadata{
      .issuer = std::string(issuer),
      .authorization_endpoint = std::string(root["authorization_endpoint"].string()),
      .token_endpoint = std::string(root["token_endpoint"].string()),
      .registration_endpoint = std::string(root["registration_endpoint"].string()),
      .jwks_uri = std::string(root["jwks_uri"].string()),
      .scopes = texts(root["scopes_supported"]),
      .grant_types = texts(root["grant_types_supported"]),
      .code_challenge_methods = texts(root["code_challenge_methods_supported"]),
      .token_auth_methods = texts(root["token_endpoint_auth_methods_supported"]),
      .says_issuer_in_answers = root["authorization_response_iss_parameter_supported"].boolean(),
      .takes_client_metadata_urls = root["client_id_metadata_document_supported"].boolean()};
}

Async<Result<std::string>> fetch_json(net::HttpClient& http, std::string url,
                                      SteadyClock::time_point deadline) {
  const auto address = safe_url(url);
  if (!address) co_return fail(address.error());
  net::HttpRequest request{
      .method = "GET", .target = address->target, .headers = {{"Accept", "application/json"}}};
  auto answer = co_await http.send(*address, std::move(request), deadline, kMaxDocumentBytes);
  if (!answer) co_return fail(std::move(answer.error()));
  if (answer->status != 200) {
    co_return fail(ErrorCode::kProtocol, fmt::format("answered with status {}", answer->status));
  }
  co_return std::move(answer->body);
}

Async<Result<ServerMetadata>> discover(net::HttpClient& http, std::string issuer,
                                       SteadyClock::time_point deadline) {
  const auto address = safe_url(issuer);
  if (!address) co_return fail(address.error());
  std::string tried;
  for (const std::string& url : metadata_urls(*address)) {
    auto text = co_await fetch_json(http, url, deadline);
    Result<ServerMetadata> metadata;
    if (text) {
      metadata = read_metadata(*text, issuer);
      if (metadata) co_return metadata;
    }
    tried += fmt::format("; {} {}", url, (text ? metadata.error() : text.error()).message);
  }
  co_return fail(
      ErrorCode::kUnavailable,
      fmt::format("the authorization server {} has no usable metadata{}", issuer, tried));
}

}  // namespace larkspur::mcp::auth
