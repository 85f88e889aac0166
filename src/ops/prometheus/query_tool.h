// query_prometheus: one PromQL query, now or over a range of time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "ops/builtin_tool.h"
#include "ops/prometheus/answer.h"
#include "ops/prometheus/endpoint.h"

namespace larkspur::ops {

struct PrometheusOptions {
  bool needs_cluster = false;  // cluster_id is required
  std::chrono::milliseconds timeout{60'000};
  std::size_t max_response_bytes = std::size_t{16} << 20;
  AnswerLimits limits;
};

std::unique_ptr<BuiltinTool> make_prometheus_tool(PrometheusOptions options,
                                                  std::shared_ptr<EndpointSource> endpoints,
                                                  std::shared_ptr<Authorization> authorization);

}  // namespace larkspur::ops
