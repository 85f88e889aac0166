#include "telemetry/providers.h"

#include <opentelemetry/exporters/otlp/otlp_http_exporter_options.h>
#include <opentelemetry/exporters/otlp/otlp_http_log_record_exporter_options.h>
#include <opentelemetry/exporters/otlp/otlp_http_metric_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_http_metric_exporter_options.h>
#include <opentelemetry/metrics/noop.h>
#include <opentelemetry/sdk/metrics/export/periodic_exporting_metric_reader_factory.h>
#include <opentelemetry/sdk/metrics/export/periodic_exporting_metric_reader_options.h>
#include <opentelemetry/sdk/metrics/meter_provider.h>
#include <opentelemetry/sdk/metrics/meter_provider_factory.h>
#include <opentelemetry/sdk/metrics/view/view_registry_factory.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "telemetry/environment.h"
#include "telemetry/export_gate.h"
#include "telemetry/instruments.h"
#include "telemetry/names.h"
#include "telemetry/otlp_exporter.h"
#include "telemetry/prometheus.h"
#include "telemetry/public_url.h"
#include "telemetry/sdk_log.h"
#include "telemetry/tracer.h"

namespace larkspur::telemetry {

namespace otel = opentelemetry;
namespace otlp = opentelemetry::exporter::otlp;

namespace {

// Whether anything names a receiver for this signal ("TRACES", "METRICS", "LOGS").
bool has_receiver(const Options& options, const std::string& signal) {
  if (from_environment(("OTEL_" + signal + "_EXPORTER").c_str()) == "none") return false;
  return !options.endpoint.empty() || !from_environment("OTEL_EXPORTER_OTLP_ENDPOINT").empty() ||
         !from_environment(("OTEL_EXPORTER_OTLP_" + signal + "_ENDPOINT").c_str()).empty();
}

// The exporters' options read the OTEL_* variables by themselves; ours come on top.
template <class ExporterOptions>
ExporterOptions exporter_options(const Options& options, std::string_view path) {
  ExporterOptions out;
  if (!options.endpoint.empty()) {
    std::string base = options.endpoint;
    while (base.ends_with('/')) base.pop_back();
    out.url = base + std::string(path);
  }
  for (const auto& [name, value] : options.headers) {
    out.http_headers.erase(name);
    out.http_headers.emplace(name, value);
  }
  out.timeout = options.export_timeout;
  return out;
}

otel::sdk::resource::Resource make_resource(const Options& options) {
  std::string name = options.service_name;
  if (name.empty()) name = from_environment("OTEL_SERVICE_NAME");
  if (name.empty()) name = "larkspur";
  return otel::sdk::resource::Resource::Create({{"service.name", name},
                                                {"service.version", LARKSPUR_VERSION},
                                                {"service.instance.id", random_hex(8)}});
}

}  // namespace

struct Providers::Sdk {
  Sdk(Options settings, Export how) : options(std::move(settings)), gate(options.report) {
    count_sdk_messages();
    // Before there is a reader: its thread collects as soon as it lives.
    instruments = std::make_unique<Instruments>(cells);
    const auto resource = make_resource(options);
    if (options.traces) make_tracer(resource, how == Export::kKeep);
    if (options.metrics) make_meter(resource);
    if (options.logs) make_log_records(resource, how == Export::kKeep);
    if (!meter) {
      meter =
          otel::metrics::NoopMeterProvider().GetMeter(kInstrumentationName, LARKSPUR_VERSION, "");
    }
  }

  void make_tracer(const otel::sdk::resource::Resource& resource, bool keep);
  void make_meter(const otel::sdk::resource::Resource& resource);
  void make_log_records(const otel::sdk::resource::Resource& resource, bool keep);

  Options options;
  ExportGate gate;
  Cells cells;
  std::unique_ptr<otel::sdk::metrics::MeterProvider> meters;
  std::shared_ptr<PrometheusReader> prometheus;
  std::unique_ptr<Tracer> tracer;
  std::unique_ptr<OtlpExporter> span_exporter;
  std::unique_ptr<ExportQueue> log_records;
  std::unique_ptr<OtlpExporter> log_exporter;
  otel::nostd::shared_ptr<otel::metrics::Meter> meter;
  std::unique_ptr<Instruments> instruments;
  std::once_flag shut_down;
};

void Providers::Sdk::make_tracer(const otel::sdk::resource::Resource& resource, bool keep) {
  if (!keep && !has_receiver(options, "TRACES")) return;  // nobody would see a span
  tracer = std::make_unique<Tracer>(options.sampling_ratio, options.queue_size);
  if (keep) return;
  const auto to = exporter_options<otlp::OtlpHttpExporterOptions>(options, "/v1/traces");
  span_exporter =
      std::make_unique<OtlpExporter>(tracer->finished(), gate, "spans to " + public_url(to.url),
                                     resource, client_options(to), options.batch_delay);
}

void Providers::Sdk::make_meter(const otel::sdk::resource::Resource& resource) {
  namespace metrics = otel::sdk::metrics;
  const bool exports = has_receiver(options, "METRICS");
  if (!exports && !options.prometheus) return;
  meters = metrics::MeterProviderFactory::Create(metrics::ViewRegistryFactory::Create(), resource);
  if (options.prometheus) {
    prometheus = std::make_shared<PrometheusReader>(cells);
    meters->AddMetricReader(prometheus);
  }
  if (exports) {
    const auto to = exporter_options<otlp::OtlpHttpMetricExporterOptions>(options, "/v1/metrics");
    metrics::PeriodicExportingMetricReaderOptions period;
    period.export_interval_millis = options.metric_interval;
    period.export_timeout_millis = std::min(options.export_timeout, options.metric_interval / 2);
    meters->AddMetricReader(metrics::PeriodicExportingMetricReaderFactory::Create(
        std::make_unique<GatedMetricExporter>("metrics to " + public_url(to.url),
                                              otlp::OtlpHttpMetricExporterFactory::Create(to),
                                              cells, gate),
        period));
  }
  meter = meters->GetMeter(kInstrumentationName, LARKSPUR_VERSION);
}

void Providers::Sdk::make_log_records(const otel::sdk::resource::Resource& resource, bool keep) {
  if (!keep && !has_receiver(options, "LOGS")) return;
  log_records = std::make_unique<ExportQueue>(options.queue_size);
  if (keep) return;
  const auto to = exporter_options<otlp::OtlpHttpLogRecordExporterOptions>(options, "/v1/logs");
  log_exporter =
      std::make_unique<OtlpExporter>(*log_records, gate, "log records to " + public_url(to.url),
                                     resource, client_options(to), options.batch_delay);
}

Providers::Providers(Options options, Export how)
    : sdk_(std::make_unique<Sdk>(with_environment(std::move(options)), how)) {}

Providers::~Providers() {
  shutdown(std::chrono::milliseconds(0));
}

bool Providers::measures() const {
  return sdk_->tracer != nullptr || sdk_->meters != nullptr;
}

Instrumentation Providers::instrumentation() const {
  return {sdk_->tracer.get(), sdk_->instruments.get(), sdk_->meter.get()};
}

ExportQueue* Providers::log_records() const {
  return sdk_->log_records.get();
}

bool Providers::serves_prometheus() const {
  return sdk_->prometheus != nullptr;
}

std::string Providers::prometheus_text() const {
  return sdk_->prometheus ? sdk_->prometheus->text() : "";
}

std::uint64_t Providers::lost() const {
  return sdk_->gate.failures() + sdk_messages() +
         (sdk_->tracer ? sdk_->tracer->finished().dropped() : 0) +
         (sdk_->log_records ? sdk_->log_records->dropped() : 0);
}

void Providers::shutdown(std::chrono::milliseconds patience) {
  std::call_once(sdk_->shut_down, [&] {
    sdk_->gate.close_after(patience);
    // Side by side, so that three signals that hang wait once and not three times.
    std::vector<std::jthread> threads;
    threads.emplace_back([this] { sdk_->span_exporter.reset(); });
    if (sdk_->meters) {
      threads.emplace_back([this, patience] {
        sdk_->meters->ForceFlush(patience);  // Shutdown() alone forgets the last interval
        sdk_->meters->Shutdown();
      });
    }
    threads.emplace_back([this] { sdk_->log_exporter.reset(); });
  });
}

}  // namespace larkspur::telemetry
