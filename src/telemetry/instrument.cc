#include "telemetry/instrument.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "telemetry/cells.h"
#include "telemetry/series.h"

namespace larkspur::telemetry {

namespace sdk = opentelemetry::sdk::metrics;

namespace {

const Labels& overflow() {
  static const Labels labels = Labels().add("otel.metric.overflow", "true");
  return labels;
}

sdk::PointAttributes attributes_of(std::string_view text) {
  sdk::PointAttributes attributes;
  Labels::for_each(text, [&](std::string_view key, std::string_view value) {
    attributes[std::string(key)] = std::string(value);
  });
  return attributes;
}

}  // namespace

Instrument::~Instrument() {
  for (auto& shard : shards_) delete shard.load();
}

Instrument::Shard& Instrument::shard(std::size_t index) {
  Shard* found = shards_[index].load(std::memory_order_acquire);
  if (found != nullptr) return *found;
  auto made = std::make_unique<Shard>();
  // Only the last one can be made by two threads at once.
  if (shards_[index].compare_exchange_strong(found, made.get())) return *made.release();
  return *found;
}

Instrument::Cell& Instrument::cell(const Labels& labels) {
  const std::size_t thread = number_of_this_thread();
  Shard& mine = shard(std::min(thread, kShards - 1));
  const Key key{labels.text(), labels.hash()};
  std::unique_lock<std::mutex> lock;
  if (thread >= kShards - 1) lock = std::unique_lock(mine.mutex);
  if (const auto found = mine.cells.find(key); found != mine.cells.end()) {
    return found->second->cell;
  }
  if (!lock.owns_lock()) lock = std::unique_lock(mine.mutex);
  return enter(mine, key);
}

Instrument::Cell& Instrument::enter(Shard& shard, Key key) {
  if (shard.cells.size() >= Cells::kMaxSeries) {
    key = {overflow().text(), overflow().hash()};
    if (const auto found = shard.cells.find(key); found != shard.cells.end()) {
      return found->second->cell;
    }
  }
  auto named = std::make_unique<Named>();
  named->text = key.text;
  const Key kept{named->text, key.hash};
  return shard.cells.emplace(kept, std::move(named)).first->second->cell;
}

// Nobody else writes to a cell but where threads share the last shard; and for them, too, this is
// one instruction.
void Instrument::add(std::uint64_t value, Cell& to) const {
  to.counts[0].fetch_add(value, std::memory_order_relaxed);
}

void Instrument::record(double value, Cell& to) const {
  const auto bucket =
      static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
  to.counts[bucket].fetch_add(1, std::memory_order_relaxed);
  to.sum.fetch_add(value, std::memory_order_relaxed);
}

std::map<std::string, Instrument::Total> Instrument::totals() {
  std::map<std::string, Total> all;
  for (auto& each : shards_) {
    Shard* shard = each.load(std::memory_order_acquire);
    if (shard == nullptr) continue;
    const std::lock_guard lock(shard->mutex);
    for (const auto& [key, named] : shard->cells) {
      Total& total = all[named->text];
      for (std::size_t i = 0; i < kBuckets; ++i) {
        total.counts[i] += named->cell.counts[i].load(std::memory_order_relaxed);
      }
      total.sum += named->cell.sum.load(std::memory_order_relaxed);
    }
  }
  return all;
}

sdk::PointType Instrument::point(const Total& total) const {
  if (bounds_.empty()) {
    sdk::SumPointData sum;
    sum.value_ = static_cast<std::int64_t>(total.counts[0]);
    return sum;
  }
  sdk::HistogramPointData histogram;
  histogram.boundaries_.assign(bounds_.begin(), bounds_.end());
  const auto used = static_cast<std::ptrdiff_t>(bounds_.size() + 1);
  histogram.counts_.assign(total.counts.begin(), total.counts.begin() + used);
  for (const std::uint64_t count : histogram.counts_) histogram.count_ += count;
  histogram.sum_ = total.sum;
  histogram.record_min_max_ = false;
  return histogram;
}

sdk::MetricData Instrument::collect(opentelemetry::common::SystemTimestamp since) {
  sdk::MetricData data;
  data.instrument_descriptor = descriptor_;
  data.aggregation_temporality = sdk::AggregationTemporality::kCumulative;
  data.start_ts = since;
  data.end_ts = opentelemetry::common::SystemTimestamp(std::chrono::system_clock::now());
  for (const auto& [text, total] : totals()) {
    data.point_data_attr_.push_back({attributes_of(text), point(total)});
  }
  return data;
}

void Counter::add(std::uint64_t value, const Labels& labels) const {
  instrument_->add(value, labels);
}

Counter::Series Counter::series(const Labels& labels) const {
  return {instrument_, &instrument_->cell(labels)};
}

void Counter::Series::add(std::uint64_t value) const {
  instrument_->add(value, *static_cast<Instrument::Cell*>(cell_));
}

void Histogram::record(double value, const Labels& labels) const {
  instrument_->record(value, labels);
}

Histogram::Series Histogram::series(const Labels& labels) const {
  return {instrument_, &instrument_->cell(labels)};
}

void Histogram::Series::record(double value) const {
  instrument_->record(value, *static_cast<Instrument::Cell*>(cell_));
}

}  // namespace larkspur::telemetry
