// Sends spans, or log records, to an OTLP/HTTP receiver, from a thread of its own: every batch is
// put together from bytes that are OTLP already, and posted by the SDK's client, which knows TLS,
// headers and the OTEL_EXPORTER_OTLP_* variables.
#pragma once

#include <opentelemetry/exporters/otlp/otlp_http_client.h>
#include <opentelemetry/sdk/resource/resource.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include "telemetry/export_gate.h"
#include "telemetry/export_queue.h"

namespace larkspur::telemetry {

class OtlpExporter {
 public:
  // Messages of one POST; large enough to keep its own cost small against theirs.
  static constexpr std::size_t kBatch = 4'096;

  // `queue` and `gate` outlive this. `signal`: what goes where, for people. `delay`: how long
  // messages wait for company.
  OtlpExporter(ExportQueue& queue, ExportGate& gate, std::string signal,
               const opentelemetry::sdk::resource::Resource& of,
               opentelemetry::exporter::otlp::OtlpHttpClientOptions to,
               std::chrono::milliseconds delay);
  ~OtlpExporter();  // sends what is queued, as far as the gate lets it
  OtlpExporter(const OtlpExporter&) = delete;
  OtlpExporter& operator=(const OtlpExporter&) = delete;

 private:
  class Client;

  void run();
  void send_queued();

  ExportQueue& queue_;
  ExportGate& gate_;
  const std::string signal_;
  const std::chrono::milliseconds delay_;
  // The fields of ResourceSpans and ScopeSpans beside the spans, and the same of log records: they
  // have the same numbers.
  const std::string resource_, scope_;
  std::unique_ptr<Client> client_;
  std::atomic<bool> failing_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses the others
};

// Of the options that the SDK has for spans, and those that it has for log records.
template <class ExporterOptions>
opentelemetry::exporter::otlp::OtlpHttpClientOptions client_options(const ExporterOptions& from) {
  return {from.url,
          from.ssl_insecure_skip_verify,
          from.ssl_ca_cert_path,
          from.ssl_ca_cert_string,
          from.ssl_client_key_path,
          from.ssl_client_key_string,
          from.ssl_client_cert_path,
          from.ssl_client_cert_string,
          from.ssl_min_tls,
          from.ssl_max_tls,
          from.ssl_cipher,
          from.ssl_cipher_suite,
          opentelemetry::exporter::otlp::HttpRequestContentType::kBinary,
          from.json_bytes_mapping,
          from.compression,
          from.use_json_name,
          from.console_debug,
          from.timeout,
          from.http_headers,
          from.retry_policy_max_attempts,
          from.retry_policy_initial_backoff,
          from.retry_policy_max_backoff,
          from.retry_policy_backoff_multiplier,
          nullptr};
}

}  // namespace larkspur::telemetry
