#include "telemetry/cells.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "telemetry/names.h"

namespace larkspur::telemetry {

namespace sdk = opentelemetry::sdk::metrics;
namespace api = opentelemetry::metrics;
namespace nostd = opentelemetry::nostd;
using opentelemetry::common::AttributeValue;
using opentelemetry::common::KeyValueIterable;
using opentelemetry::context::Context;

namespace {

constexpr std::size_t kShards = 16;

// Threads share a shard only where there are more of them than shards.
std::size_t shard_of_this_thread() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return mine;
}

struct Cell {
  std::uint64_t count = 0;  // of a counter: its value
  double sum = 0;
  std::array<std::uint64_t, kDurationBuckets.size() + 1> buckets{};

  void merge(const Cell& other) {
    count += other.count;
    sum += other.sum;
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  }
};
static_assert(kCountBuckets.size() <= kDurationBuckets.size());

// A label set as one text: key, NUL, value, NUL, ... in the order in which they were given.
using Key = std::string;
constexpr std::string_view kOverflow{"otel.metric.overflow\0true\0", 26};

void append(Key& key, nostd::string_view text) {
  key.append(text.data(), text.size());
  key += '\0';
}

sdk::PointAttributes attributes_of(std::string_view key) {
  sdk::PointAttributes attributes;
  while (!key.empty()) {
    const std::string_view name = key.substr(0, key.find('\0'));
    key.remove_prefix(std::min(key.size(), name.size() + 1));
    const std::string_view value = key.substr(0, key.find('\0'));
    key.remove_prefix(std::min(key.size(), value.size() + 1));
    attributes[std::string(name)] = std::string(value);
  }
  return attributes;
}

}  // namespace

class Cells::Store {
 public:
  Store(sdk::InstrumentDescriptor descriptor, std::span<const double> bounds)
      : descriptor_(std::move(descriptor)), bounds_(bounds) {}

  template <class Change>
  void change(const KeyValueIterable* labels, Change change) {
    Shard& shard = shards_[shard_of_this_thread()];
    // Contended by nobody but a collection, a few times a minute.
    const std::lock_guard lock(shard.mutex);
    shard.key.clear();
    if (labels != nullptr) {
      labels->ForEachKeyValue([&](nostd::string_view name, AttributeValue value) noexcept {
        if (const auto* text = nostd::get_if<nostd::string_view>(&value)) {
          append(shard.key, name);
          append(shard.key, *text);
        }
        return true;
      });
    }
    auto found = shard.cells.find(shard.key);
    if (found == shard.cells.end()) {
      const bool full = shard.cells.size() >= kMaxSeries;
      found = shard.cells.try_emplace(full ? Key(kOverflow) : shard.key).first;
    }
    change(found->second);
  }

  void record(double value, const KeyValueIterable* labels) {
    const auto bucket =
        static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
    change(labels, [&](Cell& cell) {
      ++cell.count;
      cell.sum += value;
      ++cell.buckets[bucket];
    });
  }

  sdk::MetricData collect(opentelemetry::common::SystemTimestamp since) {
    sdk::MetricData data;
    data.instrument_descriptor = descriptor_;
    data.aggregation_temporality = sdk::AggregationTemporality::kCumulative;
    data.start_ts = since;
    data.end_ts = opentelemetry::common::SystemTimestamp(std::chrono::system_clock::now());
    for (auto& [key, cell] : merged()) {
      data.point_data_attr_.push_back({attributes_of(key), point(cell)});
    }
    return data;
  }

 private:
  struct Shard {
    std::mutex mutex;
    Key key;  // of the measurement that is made; kept for its memory
    std::unordered_map<Key, Cell> cells;
  };

  std::map<Key, Cell> merged() {
    std::map<Key, Cell> all;
    for (Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      for (const auto& [key, cell] : shard.cells) all[key].merge(cell);
    }
    return all;
  }

  sdk::PointType point(const Cell& cell) const {
    if (bounds_.empty()) {
      sdk::SumPointData sum;
      sum.value_ = static_cast<std::int64_t>(cell.count);
      return sum;
    }
    sdk::HistogramPointData histogram;
    histogram.boundaries_.assign(bounds_.begin(), bounds_.end());
    const auto used = static_cast<std::ptrdiff_t>(bounds_.size() + 1);
    histogram.counts_.assign(cell.buckets.begin(), cell.buckets.begin() + used);
    histogram.count_ = cell.count;
    histogram.sum_ = cell.sum;
    histogram.record_min_max_ = false;
    return histogram;
  }

  const sdk::InstrumentDescriptor descriptor_;
  const std::span<const double> bounds_;  // empty: a counter
  std::array<Shard, kShards> shards_;
};

namespace {

class CellCounter final : public api::Counter<std::uint64_t> {
 public:
  explicit CellCounter(Cells::Store& store) : store_(store) {}
  void Add(std::uint64_t value) noexcept override { add(value, nullptr); }
  void Add(std::uint64_t value, const Context&) noexcept override { add(value, nullptr); }
  void Add(std::uint64_t value, const KeyValueIterable& labels) noexcept override {
    add(value, &labels);
  }
  void Add(std::uint64_t value, const KeyValueIterable& labels, const Context&) noexcept override {
    add(value, &labels);
  }

 private:
  void add(std::uint64_t value, const KeyValueIterable* labels) {
    store_.change(labels, [value](Cell& cell) { cell.count += value; });
  }
  Cells::Store& store_;
};

template <class Number>
class CellHistogram final : public api::Histogram<Number> {
 public:
  explicit CellHistogram(Cells::Store& store) : store_(store) {}
  void Record(Number value, const Context&) noexcept override {
    store_.record(static_cast<double>(value), nullptr);
  }
  void Record(Number value, const KeyValueIterable& labels, const Context&) noexcept override {
    store_.record(static_cast<double>(value), &labels);
  }

 private:
  Cells::Store& store_;
};

}  // namespace

Cells::Cells()
    : scope_(opentelemetry::sdk::instrumentationscope::InstrumentationScope::Create(
          kInstrumentationName, LARKSPUR_VERSION)),
      since_(std::chrono::system_clock::now()) {}

Cells::~Cells() = default;

Cells::Store* Cells::add(const char* name, const char* description, const char* unit,
                         bool is_histogram) {
  std::span<const double> bounds;
  if (is_histogram) {
    bounds = unit == std::string_view(kSeconds) ? std::span<const double>(kDurationBuckets)
                                                : std::span<const double>(kCountBuckets);
  }
  sdk::InstrumentDescriptor descriptor{
      name, description, unit,
      is_histogram ? sdk::InstrumentType::kHistogram : sdk::InstrumentType::kCounter,
      is_histogram ? sdk::InstrumentValueType::kDouble : sdk::InstrumentValueType::kLong};
  stores_.push_back(std::make_unique<Store>(std::move(descriptor), bounds));
  return stores_.back().get();
}

Counter Cells::counter(const char* name, const char* description, const char* unit) {
  return Counter(new CellCounter(*add(name, description, unit, false)));
}

DurationHistogram Cells::durations(const char* name, const char* description) {
  return DurationHistogram(new CellHistogram<double>(*add(name, description, kSeconds, true)));
}

CountHistogram Cells::counts(const char* name, const char* description) {
  return CountHistogram(new CellHistogram<std::uint64_t>(*add(name, description, kCount, true)));
}

void Cells::append_to(sdk::ResourceMetrics& metrics) const {
  sdk::ScopeMetrics ours;
  ours.scope_ = scope_.get();
  for (const auto& store : stores_) {
    sdk::MetricData data = store->collect(since_);
    if (!data.point_data_attr_.empty()) ours.metric_data_.push_back(std::move(data));
  }
  metrics.scope_metric_data_.push_back(std::move(ours));
}

}  // namespace larkspur::telemetry
