// Counters and histograms behind OpenTelemetry's own API whose cost on the request path is a lookup
// and an addition. The SDK's build a map of owned strings for every measurement, which made metrics
// the dearest part of a call (bench/telemetry). What is counted here joins what the SDK collects
// whenever metrics are read, so readers and exporters see no difference.
#pragma once

#include <opentelemetry/sdk/instrumentationscope/instrumentation_scope.h>
#include <opentelemetry/sdk/metrics/export/metric_producer.h>

#include <memory>
#include <vector>

#include "telemetry/instruments.h"

namespace larkspur::telemetry {

// Any thread may measure; instruments are made by one. Outlives its instruments' last use.
class Cells {
 public:
  // As with the SDK: what comes after so many label sets of one instrument is counted together.
  static constexpr std::size_t kMaxSeries = 2'000;

  Cells();
  ~Cells();
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  // Labels are texts. A histogram's bounds go by its unit (names.h). The result refers to this.
  Counter counter(const char* name, const char* description, const char* unit);
  DurationHistogram durations(const char* name, const char* description);
  CountHistogram counts(const char* name, const char* description);

  // Everything so far, cumulative. Any thread.
  void append_to(opentelemetry::sdk::metrics::ResourceMetrics& metrics) const;

  class Store;  // one instrument

 private:
  Store* add(const char* name, const char* description, const char* unit, bool is_histogram);

  std::unique_ptr<opentelemetry::sdk::instrumentationscope::InstrumentationScope> scope_;
  opentelemetry::common::SystemTimestamp since_;
  std::vector<std::unique_ptr<Store>> stores_;
};

}  // namespace larkspur::telemetry
