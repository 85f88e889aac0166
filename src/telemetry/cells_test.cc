#include "telemetry/cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "telemetry/labels.h"
#include "telemetry/prometheus.h"
#include "telemetry/series.h"

namespace larkspur::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const Cells& cells) {
  opentelemetry::sdk::metrics::ResourceMetrics metrics;
  cells.append_to(metrics);
  return prometheus_text(metrics);
}

TEST(Cells, ThreadsAddToTheSameSeries) {
  Cells cells;
  const Counter counter = cells.counter("calls", "Calls", "1");
  const Histogram durations = cells.durations("took", "Took");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 1'000; ++n) {
          counter.add(2, Labels().add("tool", "t").add("status", "ok"));
          durations.record(0.5);
        }
      });
    }
    EXPECT_THAT(text_of(cells), Not(HasSubstr("40001")));  // reading beside writing
  }
  EXPECT_THAT(text_of(cells), HasSubstr("calls_total{status=\"ok\",tool=\"t\"} 40000\n"));
  EXPECT_THAT(text_of(cells), HasSubstr("took_seconds_sum 10000\ntook_seconds_count 20000\n"));
}

TEST(Cells, BoundsAreUpperAndInclusive) {
  Cells cells;
  const Histogram counts = cells.counts("sizes", "Sizes");
  for (const std::uint64_t size : {0, 1, 2, 3, 5'000}) counts.record(static_cast<double>(size));
  EXPECT_THAT(text_of(cells), HasSubstr("sizes_bucket{le=\"0\"} 1\nsizes_bucket{le=\"1\"} 2\n"
                                        "sizes_bucket{le=\"2\"} 3\nsizes_bucket{le=\"5\"} 4\n"));
  EXPECT_THAT(text_of(cells), HasSubstr("le=\"1000\"} 4\nsizes_bucket{le=\"+Inf\"} 5\n"));
}

TEST(Cells, TooManyLabelSetsAreCountedTogether) {
  Cells cells;
  const Counter counter = cells.counter("calls", "Calls", "1");
  for (std::size_t i = 0; i < Cells::kMaxSeries + 100; ++i) {
    counter.add(1, Labels().add("n", std::to_string(i)));
  }
  EXPECT_THAT(text_of(cells), HasSubstr("calls_total{otel_metric_overflow=\"true\"} 100\n"));
}

TEST(Cells, LabelsGrow) {
  Cells cells;
  const Counter counter = cells.counter("calls", "Calls", "1");
  const std::string large(700, 'x');
  counter.add(1, Labels().add("a", "1").add("b", large).add("c", "2"));
  EXPECT_THAT(text_of(cells), HasSubstr("calls_total{a=\"1\",b=\"" + large + "\",c=\"2\"} 1\n"));
}

TEST(Cells, AnyTextCanBeALabel) {
  Cells cells;
  const Counter counter = cells.counter("calls", "Calls", "1");
  counter.add(1, Labels().add("n", std::string_view("a\0b", 3)));
  EXPECT_THAT(text_of(cells), HasSubstr("calls_total{"));
  counter.add(1);
  EXPECT_THAT(text_of(cells), HasSubstr("calls_total 1\n"));
}

TEST(SeriesCache, EachThreadCountsInItsOwnSeriesOfTheSameLabels) {
  Cells cells;
  const Counter counter = cells.counter("calls", "Calls", "1");
  SeriesCache<Counter::Series> cache;
  int made = 0;
  const auto count = [&](std::string_view tool, std::string_view end) {
    cache
        .get({.name = tool, .end = end},
             [&] {
               ++made;
               return counter.series(Labels().add("tool", tool).add("end", end));
             })
        .add(1);
  };
  for (int i = 0; i < 5; ++i) {
    count("a", "");
    count("a", "timeout");
    count("b", "");
  }
  EXPECT_EQ(made, 3);
  std::jthread([&] { count("a", ""); }).join();
  EXPECT_EQ(made, 4);
  EXPECT_THAT(text_of(cells), HasSubstr("calls_total{tool=\"a\"} 6\n"));
  EXPECT_THAT(text_of(cells), HasSubstr("calls_total{end=\"timeout\",tool=\"a\"} 5\n"));
}

TEST(SeriesCache, KeepsNoMoreThanAnInstrumentHasSeries) {
  Cells cells;
  const Counter counter = cells.counter("calls", "Calls", "1");
  SeriesCache<Counter::Series> cache;
  const auto get = [&](std::size_t i) {
    const std::string name = std::to_string(i);
    cache.get({.name = name, .end = ""}, [&] { return counter.series(Labels().add("n", name)); })
        .add(1);
    return cache.find({.name = name, .end = ""}) != nullptr;
  };
  for (std::size_t i = 0; i < Cells::kMaxSeries; ++i) ASSERT_TRUE(get(i));
  EXPECT_FALSE(get(Cells::kMaxSeries));
  EXPECT_THAT(text_of(cells), HasSubstr("calls_total{otel_metric_overflow=\"true\"} 1\n"));
}

}  // namespace
}  // namespace larkspur::telemetry
