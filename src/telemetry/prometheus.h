// Metrics as Prometheus text (https://prometheus.io/docs/instrumenting/exposition_formats/).
// Debian's OpenTelemetry has no Prometheus exporter, so this is a reader of ours that writes the
// text when it is asked.
#pragma once

#include <opentelemetry/sdk/metrics/data/metric_data.h>
#include <opentelemetry/sdk/metrics/export/metric_producer.h>
#include <opentelemetry/sdk/metrics/metric_reader.h>
#include <opentelemetry/sdk/resource/resource.h>

#include <string>

#include "telemetry/cells.h"

namespace larkspur::telemetry {

class PrometheusReader final : public opentelemetry::sdk::metrics::MetricReader {
 public:
  // Shows what `cells` hold beside what the SDK collects; they outlive this.
  explicit PrometheusReader(const Cells& cells) : cells_(cells) {}

  // Any thread.
  std::string text();

  opentelemetry::sdk::metrics::AggregationTemporality GetAggregationTemporality(
      opentelemetry::sdk::metrics::InstrumentType) const noexcept override {
    return opentelemetry::sdk::metrics::AggregationTemporality::kCumulative;
  }

 private:
  bool OnForceFlush(std::chrono::microseconds) noexcept override { return true; }
  bool OnShutDown(std::chrono::microseconds) noexcept override { return true; }

  const Cells& cells_;
};

// The format itself. Names: dots become underscores, the unit's name and `_total` are appended as
// Prometheus users expect. Series in the order of their labels, so that two scrapes can be
// compared.
std::string prometheus_text(const opentelemetry::sdk::metrics::ResourceMetrics& metrics);

}  // namespace larkspur::telemetry
