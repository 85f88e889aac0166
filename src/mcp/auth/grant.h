// What somebody has allowed Larkspur to do at a server: tokens, with all that is needed to renew
// them. Kept in a file that only its owner can read.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "mcp/auth/token_endpoint.h"

namespace larkspur::mcp::auth {

struct Grant {
  std::string issuer;  // whose client and tokens these are; they mean nothing to any other
  std::string token_endpoint;
  std::string resource;
  OAuthClient client;
  std::string scope;  // as asked for
  Tokens tokens;
  // What the server has demanded since, beyond `scope`; "" for nothing. For the next login.
  std::string wanted_scope;
};

// kNotFound where there is none. A file that others can read is refused: it must be taken for known
// to them.
Result<Grant> load_grant(const std::filesystem::path& file);

// Replaces the file in one step, mode 0600; makes its folder, mode 0700.
Result<void> save_grant(const std::filesystem::path& file, const Grant& grant);

// The words of both, each once, in the order in which they first come.
std::string join_scopes(std::string_view first, std::string_view second);

}  // namespace larkspur::mcp::auth
