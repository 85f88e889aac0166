#include "telemetry/span_exporter.h"

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <opentelemetry/exporters/otlp/otlp_http_client.h>

#include <utility>

#include "telemetry/names.h"
#include "telemetry/public_url.h"
#include "telemetry/wire.h"

namespace larkspur::telemetry {

namespace otel = opentelemetry;
namespace otlp = opentelemetry::exporter::otlp;

namespace {

// ResourceSpans {1: Resource {1: attributes}}
std::string resource_field(const otel::sdk::resource::Resource& resource) {
  std::string attributes;
  for (const auto& [key, value] : resource.GetAttributes()) {
    if (const auto* text = otel::nostd::get_if<std::string>(&value))
      wire::Attribute(key, *text).append_to(attributes, 1);
  }
  std::string field;
  wire::append_bytes(field, 1, attributes);
  return field;
}

// ScopeSpans {1: InstrumentationScope {1: name, 2: version}}
std::string scope_field() {
  std::string scope;
  wire::append_bytes(scope, 1, kInstrumentationName);
  wire::append_bytes(scope, 2, LARKSPUR_VERSION);
  std::string field;
  wire::append_bytes(field, 1, scope);
  return field;
}

otlp::OtlpHttpClientOptions client_options(const otlp::OtlpHttpExporterOptions& from) {
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
          otlp::HttpRequestContentType::kBinary,
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

}  // namespace

class SpanExporter::Client {
 public:
  explicit Client(const otlp::OtlpHttpExporterOptions& to) : client_(client_options(to)) {}

  // ExportTraceServiceRequest {1: ResourceSpans}. The SDK's client takes a message and serializes
  // it; one that knows no field of its own writes the unknown ones as they are.
  otel::sdk::common::ExportResult post(std::string resource_spans) {
    google::protobuf::Empty request;
    auto* fields = request.GetReflection()->MutableUnknownFields(&request);
    *fields->AddLengthDelimited(1) = std::move(resource_spans);
    return client_.Export(request);
  }

 private:
  otlp::OtlpHttpClient client_;
};

SpanExporter::SpanExporter(Tracer& tracer, ExportGate& gate,
                           const otel::sdk::resource::Resource& of,
                           const otlp::OtlpHttpExporterOptions& to, std::chrono::milliseconds delay)
    : tracer_(tracer),
      gate_(gate),
      signal_("spans to " + public_url(to.url)),
      delay_(delay),
      resource_(resource_field(of)),
      scope_(scope_field()),
      client_(std::make_unique<Client>(to)),
      thread_([this] { run(); }) {}

SpanExporter::~SpanExporter() {
  stopping_.store(true);
  tracer_.wake();
  thread_.join();
}

void SpanExporter::run() {
  while (!stopping_.load()) {
    tracer_.wait(delay_);
    send_queued();
  }
  send_queued();
}

void SpanExporter::send_queued() {
  for (;;) {
    std::string spans = scope_;
    if (tracer_.take(spans, kBatch) == 0) return;
    std::string resource_spans;
    resource_spans.reserve(resource_.size() + spans.size() + 16);
    resource_spans = resource_;
    wire::append_bytes(resource_spans, 2, spans);
    gate_.pass(signal_, failing_, [&] { return client_->post(std::move(resource_spans)); });
  }
}

}  // namespace larkspur::telemetry
