#include "telemetry/measured_backend.h"

#include <string>

#include "base/clock.h"
#include "telemetry/error_type.h"
#include "telemetry/instruments.h"
#include "telemetry/span.h"

namespace larkspur::telemetry {

namespace {

constexpr std::string_view kMethod = "tools/call";

// A URL without what may be secret in it: user and password, query and fragment.
std::string public_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t host = scheme + 3;
  const std::size_t at = url.substr(0, url.find('/', host)).rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

}  // namespace

struct MeasuredBackend::Instruments {
  Instruments(opentelemetry::metrics::Meter& meter, const call::BackendFacts& facts)
      : name(facts.name),
        transport(facts.transport),
        base_url(public_url(facts.base_url)),
        requests(meter.CreateUInt64Counter("toolhive_vmcp_backend_requests", "Requests to backends",
                                           kCount)),
        errors(meter.CreateUInt64Counter(
            "toolhive_vmcp_backend_errors",
            "Requests to backends that failed, results with isError included", kCount)),
        requests_duration(meter.CreateDoubleHistogram("toolhive_vmcp_backend_requests_duration",
                                                      "How long requests to backends took",
                                                      kSeconds)),
        operation_duration(meter.CreateDoubleHistogram(
            "mcp.client.operation.duration", "How long requests of ours took", kSeconds)) {}

  Labels labels(std::string_view tool) const {
    return Labels()
        .add("target.workload_id", name)
        .add("target.workload_name", name)
        .add("target.base_url", base_url)
        .add("target.transport_type", transport)
        .add("action", "call_tool")
        .add("mcp.method.name", kMethod)
        .add("tool_name", tool)
        .add("gen_ai.tool.name", tool);
  }

  const std::string name;
  const std::string transport;
  const std::string base_url;
  Counter requests;
  Counter errors;
  DurationHistogram requests_duration;
  DurationHistogram operation_duration;
};

class MeasuredBackend::Measurement {
 public:
  Measurement(MeasuredBackend& owner, call::CallContext& context, const std::string& tool)
      : instruments_(*owner.instruments_),
        context_(context),
        outer_(context.trace),
        tool_(tool),
        span_(owner.tracer_, std::string(kMethod) + " " + tool_, SpanKind::kClient, context.trace) {
    context.trace = span_.context();
    if (!span_.is_recording()) return;
    for (const auto& [key, value] : instruments_.labels(tool_)) {
      const auto text = opentelemetry::nostd::get<opentelemetry::nostd::string_view>(value);
      span_.set({key.data(), key.size()}, std::string_view(text.data(), text.size()));
    }
    span_.set("gen_ai.operation.name", "execute_tool");
  }

  ~Measurement() { finish("cancelled"); }
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;

  void finish(std::string_view error) {
    if (finished_) return;
    finished_ = true;
    context_.trace = outer_;
    if (!error.empty()) span_.fail(error);
    span_.end();
    const double elapsed = seconds(stopwatch_.elapsed());
    const Labels labels = instruments_.labels(tool_);
    instruments_.requests->Add(1, labels);
    instruments_.requests_duration->Record(elapsed, labels, no_context());
    if (!error.empty()) {
      instruments_.errors->Add(1, instruments_.labels(tool_).add("error.type", error));
    }
    const bool pipe = instruments_.transport == "stdio";
    instruments_.operation_duration->Record(elapsed,
                                            Labels()
                                                .add("mcp.method.name", kMethod)
                                                .add("network.transport", pipe ? "pipe" : "tcp")
                                                .add("gen_ai.operation.name", "execute_tool")
                                                .add("gen_ai.tool.name", tool_)
                                                .add("error.type", error),
                                            no_context());
  }

 private:
  const Instruments& instruments_;
  call::CallContext& context_;
  const call::TraceContext outer_;
  const std::string tool_;
  Stopwatch stopwatch_;
  Span span_;
  bool finished_ = false;
};

MeasuredBackend::MeasuredBackend(call::BackendClient& next, Instrumentation with)
    : next_(next),
      tracer_(with.tracer),
      instruments_(std::make_unique<Instruments>(*with.meter, next.facts())) {}

MeasuredBackend::~MeasuredBackend() = default;

Async<call::CallReply> MeasuredBackend::call(call::CallContext& context, std::string own_name,
                                             std::string_view arguments) {
  Measurement measurement(*this, context, own_name);
  try {
    call::CallReply reply = co_await next_.call(context, std::move(own_name), arguments);
    measurement.finish(error_type(reply));
    co_return reply;
  } catch (...) {
    measurement.finish(error_type(std::current_exception()));
    throw;
  }
}

}  // namespace larkspur::telemetry
