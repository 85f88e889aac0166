// How a workload's use of one resource moves, and what a HorizontalPodAutoscaler could make of it.
// Pure functions. Usage is that of all pods together, a request is that of one pod, in one unit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace larkspur::ops {

struct Sample {
  double at = 0;  // Unix seconds, ascending
  double value = 0;
};

// The value that a share of `sorted` lies below: sorted[min(int(n * share), n - 1)]. Not for none.
double percentile(std::span<const double> sorted, double share);

struct UsageProfile {
  double min = 0, max = 0, average = 0, p90 = 0, p95 = 0, p99 = 0;
  bool is_volatile = false;
};

// What the score of volatility is made of, each from 0 to 1.
struct Volatility {
  double amplitude = 0;  // 1: two half hours, more than half an hour apart, differ by 1.3 requests
  double deviation = 0;  // x / (1 + x) of x = ln(1 + 10^-k * standard deviation)
  double coverage = 0;   // the share of hours in which usage moves by more than a request

  double score() const { return 0.7 * amplitude + 0.2 * deviation + 0.1 * coverage; }
};
inline constexpr double kVolatileFrom = 0.75;

// `scale` is k: 1 for cores, 3 for mebibytes.
Volatility volatility(std::span<const Sample> samples, double request, int scale);

// `request`: nullopt where none is set; what the pod mostly needs (`baseline_share` of the time)
// stands in for it. Not for no samples.
UsageProfile profile(std::span<const Sample> samples, std::optional<double> request, int scale,
                     double baseline_share);

struct Scaling {
  std::int64_t min_replicas = 0, max_replicas = 0;
  double cpu_target = 0, memory_target = 0;  // utilization, 0.30 to 0.75
};
struct ResourceDemand {
  UsageProfile usage;
  double request = 0;  // > 0
};
// nullopt where the replicas would have no room to change.
std::optional<Scaling> recommend_scaling(const ResourceDemand& cpu, const ResourceDemand& memory);

}  // namespace larkspur::ops
