#include "mcp/auth/token.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/base64.h"
#include "base/text.h"

namespace larkspur::mcp::auth {

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr seconds kLeeway{60};

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

Result<json::Document> object_in(std::string_view part, std::string_view what) {
  auto text = from_base64url(part);
  if (!text) return bad("the token's " + std::string(what) + " is not base64url");
  auto document = json::Document::parse(*std::move(text));
  if (!document || !document->root().is_object()) {
    return bad("the token's " + std::string(what) + " is not a JSON object");
  }
  return document;
}

// NumericDate (RFC 7519 section 2) may have a fraction.
std::optional<sys_seconds> date_of(const json::Value& claim) {
  const auto number = claim.number();
  if (!number || !(std::abs(*number) < 1e12)) return std::nullopt;
  return sys_seconds(seconds(static_cast<std::int64_t>(*number)));
}

bool names(const json::Value& audience, std::span<const std::string> ours) {
  const auto is_ours = [&](std::string_view name) {
    return std::ranges::find(ours, name) != ours.end();
  };
  if (audience.is_string()) return is_ours(audience.string());
  for (const json::Value each : audience.elements()) {
    if (is_ours(each.string())) return true;
  }
  return false;
}

void add_words(std::string_view text, std::vector<std::string>& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Result<Token> Token::parse(std::string text) {
  if (text.size() > kMaxBytes) return bad("the token is too long");
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string::npos ? first : text.find('.', first + 1);
  if (second == std::string::npos || text.find('.', second + 1) != std::string::npos) {
    return bad("the token is not a signed JWT (three parts with dots between them)");
  }
  Token token;
  token.text_ = std::move(text);
  token.signed_size_ = second;
  const std::string_view view = token.text_;
  auto header = object_in(view.substr(0, first), "header");
  if (!header) return fail(std::move(header.error()));
  auto claims = object_in(view.substr(first + 1, second - first - 1), "payload");
  if (!claims) return fail(std::move(claims.error()));
  auto signature = from_base64url(view.substr(second + 1));
  if (!signature) return bad("the token's signature is not base64url");
  token.header_ = *std::move(header);
  token.claims_ = *std::move(claims);
  token.signature_ = *std::move(signature);

  const json::Value root = token.header_.root();
  if (root["crit"].exists()) return bad("the token demands an extension (crit) that is not known");
  // A JWT made for another purpose (an ID token of some servers, a DPoP proof, a logout token) says
  // so here.
  static constexpr std::array<std::string_view, 3> kTypes = {"jwt", "at+jwt", "application/at+jwt"};
  if (root["typ"].exists() &&
      std::ranges::find(kTypes, to_lower(root["typ"].string())) == kTypes.end()) {
    return bad("the token is a JWT, but not an access token (typ)");
  }
  return token;
}

std::vector<std::string> Token::scopes() const {
  std::vector<std::string> out;
  for (const std::string_view name : {"scope", "scp"}) {
    const json::Value claim = claims()[name];
    add_words(claim.string(), out);
    for (const json::Value each : claim.elements()) add_words(each.string(), out);
  }
  return out;
}

sys_seconds Token::expires() const {
  return date_of(claims()["exp"]).value_or(sys_seconds());
}

Result<void> Token::check(std::string_view issuer, std::span<const std::string> audiences,
                          sys_seconds now) const {
  if (this->issuer() != issuer) return bad("the token is from another issuer");
  if (!names(claims()["aud"], audiences)) {
    return bad("the token is for another audience, not for this server");
  }
  const auto expires = date_of(claims()["exp"]);
  if (!expires) return bad("the token has no expiry (exp)");
  if (*expires + kLeeway <= now) return bad("the token has expired");
  if (claims()["nbf"].exists()) {
    const auto begins = date_of(claims()["nbf"]);
    if (!begins || *begins - kLeeway > now) return bad("the token is not valid yet (nbf)");
  }
  return {};
}

}  // namespace larkspur::mcp::auth
