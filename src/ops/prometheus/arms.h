// Managed Service for Prometheus (ARMS): where a cluster's server is, and how it knows us.
#pragma once

#include <memory>

#include "ops/alibaba/cloud.h"
#include "ops/prometheus/endpoint.h"

namespace larkspur::ops {

// GetPrometheusInstance: its public or its private address first, the other one where it has only
// that.
std::shared_ptr<EndpointSource> arms_endpoints(std::shared_ptr<alibaba::Cloud> cloud,
                                               bool private_network);

// "Basic ..." of the access key that the call is signed with, as instances of version 2 want it.
std::shared_ptr<Authorization> ram_authorization(std::shared_ptr<alibaba::Cloud> cloud);

}  // namespace larkspur::ops
