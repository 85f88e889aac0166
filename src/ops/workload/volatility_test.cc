#include "ops/workload/volatility.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace larkspur::ops {
namespace {

using testing::DoubleNear;

// One sample a minute.
std::vector<Sample> minutes(std::span<const double> values) {
  std::vector<Sample> samples;
  for (const double value : values) {
    samples.push_back({1'768'464'000 + 60.0 * static_cast<double>(samples.size()), value});
  }
  return samples;
}
std::vector<Sample> steps(std::initializer_list<std::pair<int, double>> parts) {
  std::vector<double> values;
  for (const auto& [count, value] : parts) values.insert(values.end(), count, value);
  return minutes(values);
}

// The definition, word for word: every window against every other.
double amplitude_by_definition(const std::vector<Sample>& samples, double request) {
  struct Window {
    double start, end, min, max;
  };
  std::vector<Window> windows;
  for (std::size_t i = 0; i < samples.size(); i += 5) {
    if (samples[i].at + 1800 > samples.back().at) break;
    Window window{samples[i].at, 0, 1e300, -1e300};
    for (std::size_t j = i; j < samples.size() && samples[j].at <= samples[i].at + 1800; ++j) {
      window.end = samples[j].at;
      window.min = std::min(window.min, samples[j].value);
      window.max = std::max(window.max, samples[j].value);
    }
    windows.push_back(window);
  }
  for (std::size_t i = 0; i < windows.size(); ++i) {
    for (std::size_t j = i + 1; j < windows.size(); ++j) {
      const bool differ = windows[i].max - windows[j].min > 1.3 * request ||
                          windows[j].max - windows[i].min > 1.3 * request;
      if (differ && windows[j].start - windows[i].end > 1800) return 1;
    }
  }
  return 0;
}

TEST(Volatility, AmplitudeIsWhatItsDefinitionSays) {
  std::mt19937 random(7);  // the same numbers every time
  int found = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<double> values(std::uniform_int_distribution(1, 220)(random));
    const double peak = std::uniform_real_distribution(0.5, 2.0)(random);
    for (double& value : values) {
      value = std::bernoulli_distribution(0.01)(random) ? peak : 0.3;
    }
    const auto samples = minutes(values);
    const double expected = amplitude_by_definition(samples, 0.5);
    EXPECT_EQ(volatility(samples, 0.5, 1).amplitude, expected) << round;
    found += expected == 1 ? 1 : 0;
  }
  EXPECT_GT(found, 30);
  EXPECT_LT(found, 270);
}

TEST(Volatility, ASpikeNearbyIsNoAmplitude) {
  // The change must be between half hours that lie more than half an hour apart.
  EXPECT_EQ(volatility(steps({{30, 0.1}, {30, 5}}), 1, 1).amplitude, 0);
  EXPECT_EQ(volatility(steps({{120, 0.1}, {120, 5}}), 1, 1).amplitude, 1);
  EXPECT_EQ(volatility(steps({{120, 5}, {120, 0.1}}), 1, 1).amplitude, 1);
  EXPECT_EQ(volatility(steps({{120, 1}, {120, 2.3}}), 1, 1).amplitude, 0);  // not more than 1.3
}

TEST(Volatility, DeviationAndCoverageHaveTheirFormulas) {
  const auto samples = steps({{60, 0}, {60, 2}, {30, 0}, {30, 2}});
  const Volatility found = volatility(samples, 1, 1);
  const double x = std::log(1 + 0.1 * 1.0);  // the standard deviation is 1
  EXPECT_THAT(found.deviation, DoubleNear(x / (1 + x), 1e-12));
  EXPECT_THAT(found.coverage, DoubleNear(1.0 / 3, 1e-12));  // the third hour has both
  EXPECT_THAT((Volatility{1, 0.25, 0}.score()), DoubleNear(kVolatileFrom, 1e-12));
  EXPECT_EQ(volatility({}, 1, 1).score(), 0);
}

TEST(Volatility, AGapInTheDataDoesNoHarm) {
  auto samples = steps({{60, 1}, {60, 1}});
  for (std::size_t i = 60; i < samples.size(); ++i) samples[i].at += 86'400;
  EXPECT_EQ(volatility(samples, 1, 1).amplitude, 0);
  EXPECT_EQ(volatility(steps({{1, 1}}), 1, 1).amplitude, 0);
}

TEST(Profile, PercentilesAreSamples) {
  std::vector<double> values;
  for (int i = 1; i <= 100; ++i) values.push_back(i);
  EXPECT_EQ(percentile(values, 0.95), 96);
  EXPECT_EQ(percentile(values, 1), 100);
  const UsageProfile found = profile(minutes(values), 1000.0, 1, 0.95);
  EXPECT_EQ(found.min, 1);
  EXPECT_EQ(found.max, 100);
  EXPECT_DOUBLE_EQ(found.average, 50.5);
  EXPECT_EQ(found.p90, 91);
  EXPECT_EQ(found.p99, 100);
  EXPECT_FALSE(found.is_volatile);
}

TEST(Profile, WithoutARequestWhatIsMostlyUsedStandsIn) {
  const auto samples = steps({{600, 0.1}, {600, 16}});
  EXPECT_TRUE(profile(samples, 0.2, 1, 0.95).is_volatile);
  EXPECT_FALSE(profile(samples, std::nullopt, 1, 0.95).is_volatile);  // 16 against 16 is nothing
}

ResourceDemand demand(double p90, double p95, double request) {
  return {{.p90 = p90, .p95 = p95}, request};
}

TEST(Scaling, TheFormulas) {
  const auto found = recommend_scaling(demand(0.5, 1.2, 1), demand(100, 200, 512));
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->cpu_target, 0.5);
  EXPECT_DOUBLE_EQ(found->memory_target, 0.3);  // 0.195 is below what a target may be
  EXPECT_EQ(found->min_replicas, 3);            // 1.2 / 0.5
  EXPECT_EQ(found->max_replicas, 8);            // 3 * 1.2 / 0.5 = 7.2
  const auto high = recommend_scaling(demand(9, 9, 1), demand(1, 1, 512));
  EXPECT_DOUBLE_EQ(high->cpu_target, 0.75);
  EXPECT_EQ(high->min_replicas, 18);
  EXPECT_EQ(high->max_replicas, 36);
}

TEST(Scaling, ReplicasThatCannotChangeAreNoRecommendation) {
  EXPECT_FALSE(recommend_scaling(demand(0, 0, 1), demand(0, 0, 1)));
  EXPECT_FALSE(recommend_scaling(demand(0.01, 0.01, 1), demand(0.01, 0.01, 1)));
  EXPECT_FALSE(recommend_scaling(demand(1e300, 1e300, 1e-300), demand(0, 0, 1)));
}

}  // namespace
}  // namespace larkspur::ops
