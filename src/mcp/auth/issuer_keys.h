// The keys of one issuer as one loop knows them: fetched when they are first needed, again when
// they are old or when a token names a key that is not among them (a rotation).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/async.h"
#include "base/result.h"
#include "mcp/auth/key_set.h"
#include "mcp/server/gate.h"
#include "net/http_client.h"

namespace larkspur::mcp::auth {

class IssuerKeys {
 public:
  // `http` outlives this. An empty `jwks_uri` is found out from the issuer's metadata. `report`
  // takes a line for the operator whenever the keys could not be fetched.
  IssuerKeys(const Executor& executor, net::HttpClient& http, std::string issuer,
             std::string jwks_uri, std::function<void(std::string_view)> report);

  // The keys, no older than an hour where the issuer can be reached; older ones serve on for a day
  // where it cannot.
  Async<Result<std::shared_ptr<const KeySet>>> get();

  // The same after a key was missing. Asks the issuer at most every half minute, so that invented
  // key ids cost it nothing.
  Async<Result<std::shared_ptr<const KeySet>>> get_newer();

 private:
  Async<Result<std::shared_ptr<const KeySet>>> refresh(std::chrono::seconds good_for);
  Async<Result<KeySet>> fetch();

  net::HttpClient& http_;
  std::string issuer_;
  std::string jwks_uri_;
  std::function<void(std::string_view)> report_;
  server::Gate gate_;  // one fetch at a time
  std::shared_ptr<const KeySet> keys_;
  Error last_error_;
  std::optional<SteadyClock::time_point> tried_, fetched_;
};

}  // namespace larkspur::mcp::auth
