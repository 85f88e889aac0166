// Credentials towards one server that change over time: OAuth's. Fixed ones are headers.
#pragma once

#include <string>

#include "base/async.h"
#include "base/result.h"

namespace larkspur::mcp {

// Any loop.
class Credentials {
 public:
  virtual ~Credentials() = default;

  // The value of the Authorization header; "" where there is none yet.
  virtual std::string authorization() const = 0;

  // The server has refused a request that carried `used`, with status 401 or 403 and this
  // WWW-Authenticate header. Success: authorization() is worth another try. The error says what
  // somebody must do.
  virtual Async<Result<void>> renew(int status, std::string challenge, std::string used) = 0;
};

}  // namespace larkspur::mcp
