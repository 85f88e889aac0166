#include "ops/workload/volatility.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace larkspur::ops {

namespace {

constexpr double kWindow = 30 * 60;  // seconds that one window of the amplitude spans
constexpr double kGap = 30 * 60;     // that lie between two windows at least
constexpr std::size_t kSlide = 5;    // samples from one window to the next
constexpr double kAmplitude = 1.3;   // requests
constexpr double kCoverageWindow = 3600;
constexpr double kMinTarget = 0.30, kMaxTarget = 0.75;
constexpr double kMinReplicasTarget = 0.5;
constexpr double kMaxReplicasFactor = 3;

struct Extremes {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  void add(double value) {
    min = std::min(min, value);
    max = std::max(max, value);
  }
  void add(const Extremes& other) {
    min = std::min(min, other.min);
    max = std::max(max, other.max);
  }
};

struct Window {
  double start = 0, end = 0;
  Extremes values;
};

// Those that lie in the samples as a whole.
std::vector<Window> sliding_windows(std::span<const Sample> samples) {
  std::vector<Window> windows;
  for (std::size_t first = 0; first < samples.size(); first += kSlide) {
    const double end = samples[first].at + kWindow;
    if (end > samples.back().at) break;
    Window window{.start = samples[first].at};
    for (std::size_t i = first; i < samples.size() && samples[i].at <= end; ++i) {
      window.values.add(samples[i].value);
      window.end = samples[i].at;
    }
    windows.push_back(window);
  }
  return windows;
}

// One walk: what lies far enough behind a window is all in one pair of extremes.
bool has_amplitude(std::span<const Sample> samples, double threshold) {
  const std::vector<Window> windows = sliding_windows(samples);
  Extremes earlier;
  std::size_t passed = 0;
  for (const Window& each : windows) {
    while (windows[passed].end < each.start - kGap) earlier.add(windows[passed++].values);
    if (earlier.max - each.values.min > threshold || each.values.max - earlier.min > threshold) {
      return true;
    }
  }
  return false;
}

double deviation(std::span<const Sample> samples, int scale) {
  double sum = 0, squares = 0;
  for (const Sample& each : samples) sum += each.value;
  const auto count = static_cast<double>(samples.size());
  for (const Sample& each : samples) squares += std::pow(each.value - sum / count, 2);
  const double x = std::log1p(std::pow(10.0, -scale) * std::sqrt(squares / count));
  return x / (1 + x);
}

double coverage(std::span<const Sample> samples, double request) {
  double hours = 0, moving = 0;
  for (std::size_t i = 0; i < samples.size();) {
    const double end = samples[i].at + kCoverageWindow;
    Extremes values;
    for (; i < samples.size() && samples[i].at < end; ++i) values.add(samples[i].value);
    ++hours;
    if (values.max - values.min > request) ++moving;
  }
  return moving / hours;
}

double target_of(const ResourceDemand& demand) {
  return std::clamp(demand.usage.p90 / demand.request, kMinTarget, kMaxTarget);
}

double replicas(const ResourceDemand& demand, double target) {
  return demand.usage.p95 / (target * demand.request);
}

}  // namespace

double percentile(std::span<const double> sorted, double share) {
  const auto at = static_cast<std::size_t>(static_cast<double>(sorted.size()) * share);
  return sorted[std::min(at, sorted.size() - 1)];
}

Volatility volatility(std::span<const Sample> samples, double request, int scale) {
  if (samples.empty()) return {};
  return {.amplitude = has_amplitude(samples, kAmplitude * request) ? 1.0 : 0.0,
          .deviation = deviation(samples, scale),
          .coverage = coverage(samples, request)};
}

UsageProfile profile(std::span<const Sample> samples, std::optional<double> request, int scale,
                     double baseline_share) {
  std::vector<double> sorted;
  sorted.reserve(samples.size());
  double sum = 0;
  for (const Sample& each : samples) {
    sorted.push_back(each.value);
    sum += each.value;
  }
  std::ranges::sort(sorted);
  UsageProfile found{.min = sorted.front(),
                     .max = sorted.back(),
                     .average = sum / static_cast<double>(sorted.size()),
                     .p90 = percentile(sorted, 0.90),
                     .p95 = percentile(sorted, 0.95),
                     .p99 = percentile(sorted, 0.99)};
  const double baseline = request.value_or(percentile(sorted, baseline_share));
  found.is_volatile = volatility(samples, baseline, scale).score() >= kVolatileFrom;
  return found;
}

std::optional<Scaling> recommend_scaling(const ResourceDemand& cpu, const ResourceDemand& memory) {
  Scaling scaling{.cpu_target = target_of(cpu), .memory_target = target_of(memory)};
  const double least =
      std::max(replicas(cpu, kMinReplicasTarget), replicas(memory, kMinReplicasTarget));
  const double most = kMaxReplicasFactor * std::max(replicas(cpu, scaling.cpu_target),
                                                    replicas(memory, scaling.memory_target));
  constexpr double kMost = 1'000'000;  // of a number that is a count at all
  if (!(most <= kMost)) return std::nullopt;
  scaling.min_replicas = std::max<std::int64_t>(1, std::llround(std::ceil(least)));
  scaling.max_replicas = std::llround(std::ceil(most));
  if (scaling.max_replicas <= scaling.min_replicas) return std::nullopt;
  return scaling;
}

}  // namespace larkspur::ops
