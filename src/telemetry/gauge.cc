#include "telemetry/gauge.h"

#include <opentelemetry/metrics/async_instruments.h>
#include <opentelemetry/metrics/meter.h>
#include <opentelemetry/metrics/observer_result.h>

#include "telemetry/names.h"

namespace larkspur::telemetry {

namespace {

namespace metrics = opentelemetry::metrics;
namespace nostd = opentelemetry::nostd;

nostd::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

class ObservedInstrument final : public Observed {
 public:
  ObservedInstrument(nostd::shared_ptr<metrics::ObservableInstrument> instrument,
                     std::vector<Series> series)
      : instrument_(std::move(instrument)), series_(std::move(series)) {
    instrument_->AddCallback(&ObservedInstrument::observe, this);
  }
  ~ObservedInstrument() override {
    instrument_->RemoveCallback(&ObservedInstrument::observe, this);
  }

 private:
  static void observe(metrics::ObserverResult result, void* self) {
    using Observer = nostd::shared_ptr<metrics::ObserverResultT<std::int64_t>>;
    for (const Series& series : static_cast<const ObservedInstrument*>(self)->series_) {
      std::vector<std::pair<nostd::string_view, opentelemetry::common::AttributeValue>> labels;
      for (const auto& [key, value] : series.labels) labels.emplace_back(key, view(value));
      nostd::get<Observer>(result)->Observe(series.read(), labels);
    }
  }

  nostd::shared_ptr<metrics::ObservableInstrument> instrument_;
  std::vector<Series> series_;
};

}  // namespace

std::unique_ptr<Observed> observe_gauge(const Instrumentation& with, std::string_view name,
                                        std::string_view description, std::vector<Series> series) {
  return std::make_unique<ObservedInstrument>(
      with.meter->CreateInt64ObservableGauge(view(name), view(description), kCount),
      std::move(series));
}

std::unique_ptr<Observed> observe_counter(const Instrumentation& with, std::string_view name,
                                          std::string_view description,
                                          std::vector<Series> series) {
  return std::make_unique<ObservedInstrument>(
      with.meter->CreateInt64ObservableCounter(view(name), view(description), kCount),
      std::move(series));
}

}  // namespace larkspur::telemetry
