// The telemetry of one process: the OpenTelemetry providers, built once by the composition root and
// handed to whoever measures. No provider is ever made global.
//
// Any thread may use what it hands out. Exporters have threads of their own behind bounded queues:
// a receiver that is down, slow or hangs costs spans, which are counted, and never delays a call.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "telemetry/otel.h"

namespace larkspur::telemetry {

struct Options {
  std::string service_name;  // "": OTEL_SERVICE_NAME, else "larkspur"
  // The base URL of an OTLP/HTTP receiver, "http://127.0.0.1:4318". "": what the
  // OTEL_EXPORTER_OTLP_* variables name, else nothing is exported.
  std::string endpoint;
  std::vector<std::pair<std::string, std::string>> headers;  // besides OTEL_EXPORTER_OTLP_HEADERS
  double sampling_ratio = 1.0;  // of traces that start here; a client's decision is kept
  bool traces = true;
  bool metrics = true;
  bool logs = true;
  bool prometheus = false;  // prometheus_text() will be asked
  // Spans, and log records, that wait for export; what does not fit is dropped and counted. The
  // default is a second of 16k calls.
  std::size_t queue_size = 32'768;
  std::chrono::milliseconds export_timeout{3'000};
  std::chrono::milliseconds metric_interval{15'000};
  std::chrono::milliseconds batch_delay{1'000};  // how long spans and log records wait for company
  // Told once when exports begin to fail and once when they work again, from an export thread.
  std::function<void(std::string_view)> report;
};

class ExportQueue;

class Providers {
 public:
  // What tests say: spans and log records stay in their queues, for the test to take.
  enum class Export : unsigned char { kAsOptionsSay, kKeep };

  explicit Providers(Options options, Export how = Export::kAsOptionsSay);
  ~Providers();  // shutdown(0) where it was not called
  Providers(const Providers&) = delete;
  Providers& operator=(const Providers&) = delete;

  // False: nobody would see what is measured; leave the decorators out.
  bool measures() const;
  Instrumentation instrumentation() const;
  ExportQueue* log_records() const;  // null: log records are not exported

  bool serves_prometheus() const;
  // All metrics in the Prometheus text format 0.0.4; "" unless serves_prometheus().
  std::string prometheus_text() const;
  static constexpr std::string_view kPrometheusContentType =
      "text/plain; version=0.0.4; charset=utf-8";

  // Spans and records that were lost: full queues and failed exports, in batches for the latter.
  std::uint64_t lost() const;

  // Sends what is queued. Returns after at most `patience` and the export that is then under way
  // (Options::export_timeout). Nothing is exported afterwards.
  void shutdown(std::chrono::milliseconds patience);

 private:
  struct Sdk;
  std::unique_ptr<Sdk> sdk_;
};

}  // namespace larkspur::telemetry
