// The rules of incomingAuth.
#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <set>

#include "base/text.h"
#include "config/validate.h"

namespace larkspur::config {

namespace {

// RFC 6749 section 3.3: visible ASCII without quotes and backslash. A scope stands in a header.
bool is_scope(std::string_view text) {
  for (const char c : text) {
    if (c <= 0x20 || c >= 0x7f || c == '"' || c == '\\') return false;
  }
  return !text.empty();
}

bool is_loopback(const std::string& address) {
  boost::system::error_code error;
  return boost::asio::ip::make_address(address, error).is_loopback();
}

class AuthValidation {
 public:
  AuthValidation(const Config& config, const Places& places, Report& report)
      : auth_(config.incoming_auth),
        has_own_url_(config.listen.port != 0 && is_loopback(config.listen.address)),
        places_(places),
        report_(report) {}

  void run() {
    check_url("incomingAuth.resource", auth_.resource);
    if (auth_.resource.empty() && !has_own_url_ && !auth_.issuers.empty()) {
      problem("incomingAuth",
              "incomingAuth needs the key 'resource' unless listen is a loopback address and a "
              "fixed port; tokens are made for it");
    }
    check_scopes("incomingAuth.scopes", auth_.scopes);
    check_issuers();
    check_tokens();
    if (!auth_.scopes.empty() && !auth_.asks_who()) {
      problem("incomingAuth.scopes",
              "incomingAuth.scopes needs issuers or tokens; nobody has a scope without them");
    }
    for (std::size_t i = 0; i < auth_.rules.size(); ++i) {
      check_scopes(fmt::format("incomingAuth.rules[{}].scopes", i), auth_.rules[i].scopes);
    }
  }

 private:
  void problem(const std::string& path, std::string_view message) {
    report_.problem(places_.at(path), message);
  }

  void check_url(const std::string& path, const std::string& url) {
    if (url.empty() || (is_http_url(url) && url.find('#') == std::string::npos)) return;
    problem(path, fmt::format("{} must be a URL that begins with https:// (or http://) and has no "
                              "fragment, not {}",
                              path, in_quotes(url)));
  }

  void check_scopes(const std::string& path, const std::vector<std::string>& scopes) {
    for (std::size_t i = 0; i < scopes.size(); ++i) {
      if (is_scope(scopes[i])) continue;
      problem(fmt::format("{}[{}]", path, i),
              fmt::format("{} is no scope: visible ASCII without spaces, quotes and backslashes",
                          in_quotes(scopes[i])));
    }
  }

  void check_issuers() {
    std::set<std::string_view> names, prefixes;
    for (std::size_t i = 0; i < auth_.issuers.size(); ++i) {
      const Issuer& issuer = auth_.issuers[i];
      const std::string path = fmt::format("incomingAuth.issuers[{}]", i);
      check_url(path + ".issuer", issuer.issuer);
      check_url(path + ".jwksUri", issuer.jwks_uri);
      if (!names.insert(issuer.issuer).second) {
        problem(path + ".issuer",
                fmt::format("the issuer {} has an entry already", in_quotes(issuer.issuer)));
      }
      if (!prefixes.insert(issuer.principal_prefix).second) {
        problem(path,
                "two issuers could name the same principal; give each a principalPrefix of "
                "its own");
      }
    }
  }

  void check_tokens() {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < auth_.tokens.size(); ++i) {
      const std::string_view token = auth_.tokens[i].token.reveal();
      // Empty where secrets were not resolved, which `larkspur check` need not do.
      if (token.empty() || seen.insert(token).second) continue;
      problem(fmt::format("incomingAuth.tokens[{}].token", i), "two entries have the same token");
    }
  }

  const IncomingAuth& auth_;
  bool has_own_url_;  // that listen tells
  const Places& places_;
  Report& report_;
};

}  // namespace

void validate_oauth(const Backend& backend, const std::string& path, const Places& places,
                    Report& report) {
  const OAuth& oauth = backend.oauth;
  const auto problem = [&](std::string_view key, std::string_view message) {
    report.problem(places.at(fmt::format("{}.oauth{}", path, key)), message);
  };
  if (oauth.grant == OAuthGrant::kNone) {
    if (!oauth.client_id.empty() || !oauth.scopes.empty() || !oauth.client_metadata_url.empty()) {
      problem("", "oauth needs the key 'grant'; without it no token is fetched");
    }
    return;
  }
  for (const auto& [name, value] : backend.headers) {
    if (!equals_ignore_case(name, "Authorization")) continue;
    problem("", "a backend has oauth or a header Authorization, not both");
  }
  if (oauth.grant == OAuthGrant::kClientCredentials && oauth.client_id.empty()) {
    problem(".grant", "client_credentials needs a clientId and a clientSecret");
  }
  if (!oauth.client_metadata_url.empty() && !oauth.client_metadata_url.starts_with("https://")) {
    problem(".clientMetadataUrl", fmt::format("clientMetadataUrl must begin with https://, not {}",
                                              in_quotes(oauth.client_metadata_url)));
  }
  for (std::size_t i = 0; i < oauth.scopes.size(); ++i) {
    if (is_scope(oauth.scopes[i])) continue;
    problem(fmt::format(".scopes[{}]", i),
            fmt::format("{} is no scope: visible ASCII without spaces, quotes and backslashes",
                        in_quotes(oauth.scopes[i])));
  }
}

void validate_incoming_auth(const Config& config, const Places& places, Report& report) {
  AuthValidation(config, places, report).run();
}

}  // namespace larkspur::config
