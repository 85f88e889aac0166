#include "telemetry/cells.h"

#include <chrono>
#include <span>
#include <string_view>
#include <utility>

#include "telemetry/instrument.h"
#include "telemetry/names.h"

namespace larkspur::telemetry {

namespace sdk = opentelemetry::sdk::metrics;

Cells::Cells()
    : scope_(opentelemetry::sdk::instrumentationscope::InstrumentationScope::Create(
          kInstrumentationName, LARKSPUR_VERSION)),
      since_(std::chrono::system_clock::now()) {}

Cells::~Cells() = default;

Instrument* Cells::add(const char* name, const char* description, const char* unit,
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
  instruments_.push_back(std::make_unique<Instrument>(std::move(descriptor), bounds));
  return instruments_.back().get();
}

Counter Cells::counter(const char* name, const char* description, const char* unit) {
  return Counter(add(name, description, unit, false));
}

Histogram Cells::durations(const char* name, const char* description) {
  return Histogram(add(name, description, kSeconds, true));
}

Histogram Cells::counts(const char* name, const char* description) {
  return Histogram(add(name, description, kCount, true));
}

void Cells::append_to(sdk::ResourceMetrics& metrics) const {
  sdk::ScopeMetrics ours;
  ours.scope_ = scope_.get();
  for (const auto& instrument : instruments_) {
    sdk::MetricData data = instrument->collect(since_);
    if (!data.point_data_attr_.empty()) ours.metric_data_.push_back(std::move(data));
  }
  metrics.scope_metric_data_.push_back(std::move(ours));
}

}  // namespace larkspur::telemetry
