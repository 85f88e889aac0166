// What a server says when it refuses credentials: WWW-Authenticate, RFC 9110 section 11.6.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larkspur::mcp::auth {

// The parameters of a Bearer challenge that OAuth gives a meaning to (RFC 6750 section 3, RFC 9728
// section 5.1); "" where one is missing.
struct BearerChallenge {
  std::string resource_metadata;
  std::string scope;
  std::string error;
};

// The first Bearer challenge of a header value, which may hold challenges of other schemes before
// and after it; nullopt where there is none. Tolerant: what cannot be read is passed over.
std::optional<BearerChallenge> read_bearer_challenge(std::string_view header);

}  // namespace larkspur::mcp::auth
