// All series of one instrument.
//
// Every thread has cells of its own, which nobody else writes, in a map that only it changes; so
// counting takes no lock and shares no cache line. Whoever reads the metrics takes the lock that a
// thread takes when it meets a label set for the first time.
#pragma once

#include <opentelemetry/sdk/metrics/data/metric_data.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "telemetry/labels.h"
#include "telemetry/names.h"

namespace larkspur::telemetry {

class Instrument {
 public:
  // `bounds`: of a histogram's buckets, for ever; empty for a counter.
  Instrument(opentelemetry::sdk::metrics::InstrumentDescriptor descriptor,
             std::span<const double> bounds)
      : descriptor_(std::move(descriptor)), bounds_(bounds) {}
  ~Instrument();
  Instrument(const Instrument&) = delete;
  Instrument& operator=(const Instrument&) = delete;

  // Any thread.
  void add(std::uint64_t value, const Labels& labels) { add(value, cell(labels)); }  // of a counter
  void record(double value, const Labels& labels) {
    record(value, cell(labels));
  }  // of a histogram
  opentelemetry::sdk::metrics::MetricData collect(opentelemetry::common::SystemTimestamp since);

  // What one thread has counted under one label set; as long as the instrument lives.
  class Cell;
  // The calling thread's.
  Cell& cell(const Labels& labels);
  void add(std::uint64_t value, Cell& to) const;
  void record(double value, Cell& to) const;

 private:
  static constexpr std::size_t kBuckets = kDurationBuckets.size() + 1;
  static_assert(kCountBuckets.size() < kBuckets);
  // Threads beyond that share the last shard, and lock it.
  static constexpr std::size_t kShards = 64;

  struct Total {
    std::array<std::uint64_t, kBuckets> counts{};
    double sum = 0;
  };
  struct Key {
    std::string_view text;  // the cell's, or the measurement's
    std::size_t hash;
    bool operator==(const Key& other) const { return text == other.text; }
  };
  struct HashOf {
    std::size_t operator()(const Key& key) const { return key.hash; }
  };
  struct Named;
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Key, std::unique_ptr<Named>, HashOf> cells;
  };

  Shard& shard(std::size_t index);
  static Cell& enter(Shard& shard, Key key);
  std::map<std::string, Total> totals();
  opentelemetry::sdk::metrics::PointType point(const Total& total) const;

  const opentelemetry::sdk::metrics::InstrumentDescriptor descriptor_;
  const std::span<const double> bounds_;
  std::array<std::atomic<Shard*>, kShards> shards_{};  // made when a thread first needs its own
};

class Instrument::Cell {
 public:
  std::array<std::atomic<std::uint64_t>, kBuckets> counts{};  // a counter has but the first
  std::atomic<double> sum{0};
};

struct Instrument::Named {
  std::string text;
  Cell cell;
};

}  // namespace larkspur::telemetry
