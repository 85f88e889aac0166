#include "app/incoming_auth.h"

#include <fmt/format.h>

#include "base/random.h"

namespace larkspur::app {

namespace {

std::string default_resource(const config::Listen& listen) {
  const bool v6 = listen.address.contains(':');
  return fmt::format("http://{}{}{}:{}{}", v6 ? "[" : "", listen.address, v6 ? "]" : "",
                     listen.port, listen.path);
}

}  // namespace

std::unique_ptr<mcp::auth::ResourceServer> make_resource_server(
    const config::Config& config, std::function<void(std::string_view line)> report) {
  const config::IncomingAuth& settings = config.incoming_auth;
  if (!settings.asks_who()) return nullptr;
  mcp::auth::ResourceServerOptions options;
  options.resource =
      settings.resource.empty() ? default_resource(config.listen) : settings.resource;
  options.scopes = settings.scopes;
  for (const config::Issuer& each : settings.issuers) {
    options.issuers.push_back({.issuer = each.issuer,
                               .jwks_uri = each.jwks_uri,
                               .audiences = each.audiences,
                               .principal_claim = each.principal_claim,
                               .principal_prefix = each.principal_prefix});
  }
  for (const config::ClientToken& each : settings.tokens) {
    options.tokens.push_back({.sha256 = sha256_hex(each.token.reveal()),
                              .principal = each.principal,
                              .scopes = each.scopes});
  }
  options.report = std::move(report);
  return std::make_unique<mcp::auth::ResourceServer>(std::move(options));
}

}  // namespace larkspur::app
