// Who calls: what policy decides by and the log remembers.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "execlog/secret.h"

namespace larkspur::call {

// Facts about the caller of one request. Client name and version are what the client says of
// itself: worth logging, never worth trusting.
struct Caller {
  std::string principal = "anonymous";
  std::string issuer;               // who vouches for the principal; "" for anonymous ones
  std::vector<std::string> scopes;  // that its token grants
  std::string session_id;        // legacy era only
  std::string request_id;        // the JSON-RPC id, raw: 7 or "abc"
  std::string protocol_version;  // "2026-07-28"
  std::string transport;         // "streamable_http", "stdio" or "cli"
  std::string client_name;
  std::string client_version;
  std::string client_address;
  // Headers of the client's request that are let through to built-in tools, by name in lower case:
  // credentials that are the caller's own (tools.alibabaCloud.requestCredentials).
  std::map<std::string, execlog::Secret, std::less<>> forwarded;
};

}  // namespace larkspur::call
