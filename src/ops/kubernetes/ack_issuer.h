// Kubeconfigs that ACK issues: DescribeClusterUserKubeconfig.
#pragma once

#include <memory>

#include "ops/alibaba/cloud.h"
#include "ops/kubernetes/kubeconfig.h"

namespace larkspur::ops {

std::shared_ptr<KubeconfigIssuer> ack_issuer(std::shared_ptr<alibaba::Cloud> cloud);

}  // namespace larkspur::ops
