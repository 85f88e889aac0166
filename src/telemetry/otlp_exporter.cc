#include "telemetry/otlp_exporter.h"

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include <utility>

#include "telemetry/names.h"
#include "telemetry/wire.h"

namespace larkspur::telemetry {

namespace otel = opentelemetry;
namespace otlp = opentelemetry::exporter::otlp;

namespace {

// ResourceSpans, ResourceLogs {1: Resource {1: attributes}}
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

// ScopeSpans, ScopeLogs {1: InstrumentationScope {1: name, 2: version}}
std::string scope_field() {
  std::string scope;
  wire::append_bytes(scope, 1, kInstrumentationName);
  wire::append_bytes(scope, 2, LARKSPUR_VERSION);
  std::string field;
  wire::append_bytes(field, 1, scope);
  return field;
}

}  // namespace

class OtlpExporter::Client {
 public:
  explicit Client(otlp::OtlpHttpClientOptions to) : client_(std::move(to)) {}

  // ExportTraceServiceRequest {1: ResourceSpans}, ExportLogsServiceRequest {1: ResourceLogs}. The
  // SDK's client takes a message and serializes it; one that knows no field of its own writes the
  // unknown ones as they are.
  otel::sdk::common::ExportResult post(std::string of_resource) {
    google::protobuf::Empty request;
    auto* fields = request.GetReflection()->MutableUnknownFields(&request);
    *fields->AddLengthDelimited(1) = std::move(of_resource);
    return client_.Export(request);
  }

 private:
  otlp::OtlpHttpClient client_;
};

OtlpExporter::OtlpExporter(ExportQueue& queue, ExportGate& gate, std::string signal,
                           const otel::sdk::resource::Resource& of, otlp::OtlpHttpClientOptions to,
                           std::chrono::milliseconds delay)
    : queue_(queue),
      gate_(gate),
      signal_(std::move(signal)),
      delay_(delay),
      resource_(resource_field(of)),
      scope_(scope_field()),
      client_(std::make_unique<Client>(std::move(to))),
      thread_([this] { run(); }) {}

OtlpExporter::~OtlpExporter() {
  stopping_.store(true);
  queue_.wake();
  thread_.join();
}

void OtlpExporter::run() {
  while (!stopping_.load()) {
    queue_.wait(delay_);
    send_queued();
  }
  send_queued();
}

void OtlpExporter::send_queued() {
  for (;;) {
    std::string messages = scope_;
    if (queue_.take(messages, kBatch) == 0) return;
    std::string of_resource;
    of_resource.reserve(resource_.size() + messages.size() + 16);
    of_resource = resource_;
    wire::append_bytes(of_resource, 2, messages);
    gate_.pass(signal_, failing_, [&] { return client_->post(std::move(of_resource)); });
  }
}

}  // namespace larkspur::telemetry
