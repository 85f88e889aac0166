// Who is asking? Every HTTP request to the MCP endpoint is asked first, in both eras.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/async.h"
#include "net/http_message.h"

namespace larkspur::mcp {

// Proved by the request's credentials.
struct Identity {
  std::string principal = "anonymous";
  std::string issuer;  // of the token; "" where there was none
  std::vector<std::string> scopes;
};

// Why a request is not served, in the words of RFC 6750 section 3.
struct Challenge {
  int status = 401;              // or 403: known, but not allowed; 400: malformed
  std::string www_authenticate;  // the whole header value
  std::string message;           // for people; nothing of the token in it
};

// Any loop.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // `request` outlives the call; only its headers are read.
  virtual Async<std::expected<Identity, Challenge>> authenticate(
      const net::HttpRequest& request) = 0;
};

}  // namespace larkspur::mcp
