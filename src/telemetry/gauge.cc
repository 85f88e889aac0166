#include "telemetry/gauge.h"

#include <opentelemetry/metrics/async_instruments.h>
#include <opentelemetry/metrics/meter.h>
#include <opentelemetry/metrics/observer_result.h>

#include <string>
#include <utility>
#include <vector>

#include "telemetry/instruments.h"

namespace larkspur::telemetry {

namespace {

namespace metrics = opentelemetry::metrics;
namespace nostd = opentelemetry::nostd;

class ObservedInstrument final : public Observed {
 public:
  ObservedInstrument(nostd::shared_ptr<metrics::ObservableInstrument> instrument, ReadValue read,
                     ConstantLabels labels)
      : instrument_(std::move(instrument)), read_(std::move(read)) {
    for (const auto& [key, value] : labels) labels_.emplace_back(key, value);
    instrument_->AddCallback(&ObservedInstrument::observe, this);
  }
  ~ObservedInstrument() override {
    instrument_->RemoveCallback(&ObservedInstrument::observe, this);
  }

 private:
  static void observe(metrics::ObserverResult result, void* self) {
    const auto& me = *static_cast<const ObservedInstrument*>(self);
    Labels labels;
    for (const auto& [key, value] : me.labels_) labels.add(key, value);
    using Observer = nostd::shared_ptr<metrics::ObserverResultT<std::int64_t>>;
    nostd::get<Observer>(result)->Observe(me.read_(), labels);
  }

  nostd::shared_ptr<metrics::ObservableInstrument> instrument_;
  ReadValue read_;
  std::vector<std::pair<std::string, std::string>> labels_;
};

}  // namespace

std::unique_ptr<Observed> observe_gauge(const Instrumentation& with, std::string_view name,
                                        std::string_view description, ReadValue read,
                                        ConstantLabels labels) {
  return std::make_unique<ObservedInstrument>(
      with.meter->CreateInt64ObservableGauge(otel_view(name), otel_view(description), kCount),
      std::move(read), labels);
}

std::unique_ptr<Observed> observe_counter(const Instrumentation& with, std::string_view name,
                                          std::string_view description, ReadValue read,
                                          ConstantLabels labels) {
  return std::make_unique<ObservedInstrument>(
      with.meter->CreateInt64ObservableCounter(otel_view(name), otel_view(description), kCount),
      std::move(read), labels);
}

}  // namespace larkspur::telemetry
