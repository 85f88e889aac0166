// Counters and histograms whose cost on the request path is a lookup and an atomic addition. The
// SDK's build a map of owned strings for every measurement, which made metrics the dearest part of
// a call (bench/telemetry). What is counted here joins what the SDK collects whenever metrics are
// read, so readers and exporters see no difference.
#pragma once

#include <opentelemetry/sdk/instrumentationscope/instrumentation_scope.h>
#include <opentelemetry/sdk/metrics/export/metric_producer.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "telemetry/instruments.h"

namespace larkspur::telemetry {

// Any thread may measure; instruments are made by one. Outlives its instruments' last use.
class Cells {
 public:
  // As with the SDK: what comes after so many label sets of one instrument is counted together
  // (by each thread).
  static constexpr std::size_t kMaxSeries = 2'000;

  Cells();
  ~Cells();
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  // A histogram's bounds go by its unit (names.h). The result refers to this.
  Counter counter(const char* name, const char* description, const char* unit);
  Histogram durations(const char* name, const char* description);
  Histogram counts(const char* name, const char* description);

  // Everything so far, cumulative. Any thread.
  void append_to(opentelemetry::sdk::metrics::ResourceMetrics& metrics) const;

 private:
  Instrument* add(const char* name, const char* description, const char* unit, bool is_histogram);

  std::unique_ptr<opentelemetry::sdk::instrumentationscope::InstrumentationScope> scope_;
  opentelemetry::common::SystemTimestamp since_;
  std::vector<std::unique_ptr<Instrument>> instruments_;
};

}  // namespace larkspur::telemetry
