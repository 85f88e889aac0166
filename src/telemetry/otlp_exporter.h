// Sends finished spans to an OTLP/HTTP receiver, from a thread of its own: every batch is put
// together from bytes that are OTLP already, and posted by the SDK's client, which knows TLS,
// headers and the OTEL_EXPORTER_OTLP_* variables.
#pragma once

#include <opentelemetry/exporters/otlp/otlp_http_exporter_options.h>
#include <opentelemetry/sdk/resource/resource.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include "telemetry/export_gate.h"
#include "telemetry/tracer.h"

namespace larkspur::telemetry {

class SpanExporter {
 public:
  // Spans of one POST; large enough to keep its own cost small against theirs.
  static constexpr std::size_t kBatch = 4'096;

  // `tracer` and `gate` outlive this. `delay`: how long spans wait for company.
  SpanExporter(Tracer& tracer, ExportGate& gate, const opentelemetry::sdk::resource::Resource& of,
               const opentelemetry::exporter::otlp::OtlpHttpExporterOptions& to,
               std::chrono::milliseconds delay);
  ~SpanExporter();  // sends what is queued, as far as the gate lets it
  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

 private:
  class Client;

  void run();
  void send_queued();

  Tracer& tracer_;
  ExportGate& gate_;
  const std::string signal_;
  const std::chrono::milliseconds delay_;
  const std::string resource_, scope_;  // the fields of ResourceSpans and ScopeSpans beside spans
  std::unique_ptr<Client> client_;
  std::atomic<bool> failing_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace larkspur::telemetry
