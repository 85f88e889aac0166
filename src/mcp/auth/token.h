// An access token that is a JWT (RFC 7519, RFC 9068): taken apart, its claims checked. Whether its
// signature holds is KeySet's to say; until then nothing in it is true.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace larkspur::mcp::auth {

class Token {
 public:
  static constexpr std::size_t kMaxBytes = 16 * 1024;

  // A compact JWS (RFC 7515 section 7.1) with JSON in it. The error says what is wrong and quotes
  // nothing of the token.
  static Result<Token> parse(std::string text);

  std::string_view algorithm() const { return header_.root()["alg"].string(); }
  std::string_view key_id() const { return header_.root()["kid"].string(); }
  // What the signature is over, and the signature itself, raw.
  std::string_view signed_part() const { return std::string_view(text_).substr(0, signed_size_); }
  std::string_view signature() const { return signature_; }

  json::Value claims() const { return claims_.root(); }
  std::string_view issuer() const { return claims()["iss"].string(); }
  // `scope` (RFC 9068, separated by spaces) or `scp` (an array, or such a text).
  std::vector<std::string> scopes() const;
  std::chrono::sys_seconds expires() const;  // the epoch where there is no usable `exp`

  // RFC 9068 section 4: issuer, audience, exp and nbf, with a minute for clocks that differ. One of
  // `audiences` must be named.
  Result<void> check(std::string_view issuer, std::span<const std::string> audiences,
                     std::chrono::sys_seconds now) const;

 private:
  std::string text_;
  std::size_t signed_size_ = 0;
  std::string signature_;
  json::Document header_;
  json::Document claims_;
};

}  // namespace larkspur::mcp::auth
