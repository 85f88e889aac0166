// Analyses of one workload, made of what kubectl and query_prometheus find.
#pragma once

#include <memory>

#include "ops/builtin_tool.h"

namespace larkspur::ops {

// analyze_workload_cost: what the pods of a workload use now, against what they request, and what
// Alibaba Cloud's resource profiling recommends, where the cluster has it.
std::unique_ptr<BuiltinTool> make_workload_cost(std::shared_ptr<BuiltinTool> kubectl);

// analyze_workload_autoscaling: how a workload's use of CPU and memory moved in seven days, and
// which HorizontalPodAutoscaler fits. `prometheus` lets two series of a week's minutes through
// (kWeekOfMinutes).
std::unique_ptr<BuiltinTool> make_workload_autoscaling(std::shared_ptr<BuiltinTool> kubectl,
                                                       std::shared_ptr<BuiltinTool> prometheus);
inline constexpr std::size_t kWeekOfMinutes = std::size_t{7} * 24 * 60 + 1;

}  // namespace larkspur::ops
