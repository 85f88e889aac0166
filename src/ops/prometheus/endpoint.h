// Which Prometheus server answers for a cluster, and how it knows us.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>

#include "execlog/secret.h"
#include "ops/builtin_tool.h"
#include "ops/scrub.h"

namespace larkspur::ops {

// Writes its own entry. Any loop.
class EndpointSource {
 public:
  virtual ~EndpointSource() = default;
  // A base URL without a slash at its end. `cluster_id` may be "".
  virtual Async<std::expected<std::string, ToolFailure>> find(call::CallContext& context,
                                                              std::string cluster_id) = 0;
};

// LOCAL, the first of: the cluster's own URL, `fallback`, $PROMETHEUS_HTTP_API_{cluster_id},
// $PROMETHEUS_HTTP_API.
std::shared_ptr<EndpointSource> local_endpoints(std::map<std::string, std::string> by_cluster,
                                                std::string fallback);

// `first`, and `second` where that fails: ARMS, then LOCAL. The failure told is that of `first`.
std::shared_ptr<EndpointSource> either_endpoint(std::shared_ptr<EndpointSource> first,
                                                std::shared_ptr<EndpointSource> second);

// The value of the Authorization header; an empty one for none.
class Authorization {
 public:
  virtual ~Authorization() = default;
  virtual Async<std::expected<execlog::Secret, ToolFailure>> value(call::CallContext& context) = 0;
};

std::shared_ptr<Authorization> no_authorization();
std::shared_ptr<Authorization> fixed_authorization(execlog::Secret value);
// Of the value without its scheme ("Bearer", "Basic"), and of the password in a Basic one.
Scrubber authorization_scrubber(const execlog::Secret& value);
// "Basic ..." of a user name and a password (RFC 7617).
execlog::Secret basic_authorization(std::string_view username, std::string_view password);

}  // namespace larkspur::ops
