#include "mcp/auth/token_endpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/text.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::mcp::auth {

namespace {

constexpr std::size_t kMaxAnswerBytes = 256 * 1024;

std::string told(const json::Value& text) {
  return printable(truncate_utf8(text.string(), 200));
}

// A POST whose answer is a JSON object. A refusal in the words of RFC 6749 section 5.2 becomes
// kUnauthenticated.
Async<Result<json::Document>> post(net::HttpClient& http, std::string endpoint,
                                   net::HttpRequest request, SteadyClock::time_point deadline) {
  const auto url = safe_url(endpoint);
  if (!url) co_return fail(url.error());
  request.method = "POST";
  request.target = url->target;
  request.headers.set("Accept", "application/json");
  auto answer = co_await http.send(*url, std::move(request), deadline, kMaxAnswerBytes);
  if (!answer) co_return fail(answer.error().code, endpoint + ": " + answer.error().message);
  auto document = json::Document::parse(std::move(answer->body));
  const bool is_object = document && document->root().is_object();
  if (is_object && document->root()["error"].is_string()) {
    const json::Value root = document->root();
    co_return fail(ErrorCode::kUnauthenticated,
                   fmt::format("{} refused: {} {}", endpoint, told(root["error"]),
                               told(root["error_description"])));
  }
  if (answer->status < 200 || answer->status > 299 || !is_object) {
    co_return fail(
        ErrorCode::kProtocol,
        fmt::format("{} answered with status {} and no JSON object", endpoint, answer->status));
  }
  co_return std::move(*document);
}

}  // namespace

ClientAuth choose_auth(const std::vector<std::string>& methods, bool has_secret) {
  const auto takes = [&](std::string_view method) {
    return std::ranges::find(methods, method) != methods.end();
  };
  if (!has_secret) return ClientAuth::kNone;
  if (methods.empty() || takes("client_secret_basic")) return ClientAuth::kBasic;
  return takes("client_secret_post") ? ClientAuth::kPost : ClientAuth::kNone;
}

Async<Result<Tokens>> request_tokens(net::HttpClient& http, std::string endpoint,
                                     OAuthClient client, FormFields fields,
                                     SteadyClock::time_point deadline) {
  net::HttpRequest request{.headers = {{"Content-Type", "application/x-www-form-urlencoded"}}};
  if (client.auth == ClientAuth::kBasic) {
    // RFC 6749 section 2.3.1: both are form-encoded first.
    request.headers.set("Authorization", "Basic " + to_base64(percent_encode(client.id) + ':' +
                                                              percent_encode(client.secret)));
  } else {
    fields.emplace_back("client_id", client.id);
    if (client.auth == ClientAuth::kPost) fields.emplace_back("client_secret", client.secret);
  }
  request.body = to_form(fields);
  const auto document = co_await post(http, endpoint, std::move(request), deadline);
  if (!document) co_return fail(document.error());
  const json::Value root = document->root();
  const std::string_view type = root["token_type"].string();
  if (root["access_token"].string().empty() ||
      !(type.empty() || equals_ignore_case(type, "Bearer"))) {
    co_return fail(ErrorCode::kProtocol, endpoint + " gave no bearer token");
  }
  Tokens tokens{.access_token = std::string(root["access_token"].string()),
                .refresh_token = std::string(root["refresh_token"].string()),
                .scope = std::string(root["scope"].string())};
  const auto lifetime = root["expires_in"].number();
  if (lifetime && *lifetime > 0 && *lifetime < 1e9) {
    tokens.expires = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) +
                     std::chrono::seconds(static_cast<std::int64_t>(*lifetime));
  }
  co_return tokens;
}

Async<Result<OAuthClient>> register_client(net::HttpClient& http, ServerMetadata server,
                                           std::string redirect_uri,
                                           SteadyClock::time_point deadline) {
  const auto takes = [&](std::string_view method) {
    return std::ranges::find(server.token_auth_methods, method) != server.token_auth_methods.end();
  };
  // A program on somebody's machine keeps no secret well (RFC 8252 section 8.5), so none where the
  // server can do without.
  const std::string_view method = takes("none")                  ? "none"
                                  : takes("client_secret_basic") ? "client_secret_basic"
                                  : takes("client_secret_post")  ? "client_secret_post"
                                                                 : "client_secret_basic";
  json::Writer writer;
  writer.begin_object().key("client_name").string("Larkspur");
  writer.key("application_type").string("native");
  writer.key("redirect_uris").begin_array().string(redirect_uri).end_array();
  writer.key("grant_types").begin_array().string("authorization_code").string("refresh_token");
  writer.end_array().key("response_types").begin_array().string("code").end_array();
  writer.key("token_endpoint_auth_method").string(method).end_object();
  net::HttpRequest request{.headers = {{"Content-Type", "application/json"}},
                           .body = writer.take()};
  const auto document =
      co_await post(http, server.registration_endpoint, std::move(request), deadline);
  if (!document) co_return fail(document.error());
  const json::Value root = document->root();
  OAuthClient client{.id = std::string(root["client_id"].string()),
                     .secret = std::string(root["client_secret"].string())};
  if (client.id.empty()) {
    co_return fail(ErrorCode::kProtocol, server.registration_endpoint + " gave no client_id");
  }
  // What it was registered for, where the server says so; else what the server takes.
  const std::string_view registered = root["token_endpoint_auth_method"].string();
  client.auth = registered.empty() ? choose_auth(server.token_auth_methods, !client.secret.empty())
                                   : choose_auth({std::string(registered)}, !client.secret.empty());
  co_return client;
}

}  // namespace larkspur::mcp::auth
