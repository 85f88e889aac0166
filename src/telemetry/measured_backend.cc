#include "telemetry/measured_backend.h"

#include "base/clock.h"
#include "telemetry/error_type.h"
#include "telemetry/instruments.h"
#include "telemetry/labels.h"
#include "telemetry/public_url.h"
#include "telemetry/span.h"

namespace larkspur::telemetry {

namespace {

constexpr std::string_view kMethod = "tools/call";
constexpr std::string_view kOperation = "execute_tool";

}  // namespace

class MeasuredBackend::Measurement {
 public:
  Measurement(MeasuredBackend& owner, call::CallContext& context, const std::string& tool)
      : owner_(owner),
        context_(context),
        outer_(context.trace),
        tool_(tool),
        span_(owner.with_.tracer, {kMethod, tool_}, SpanKind::kClient, context.trace) {
    context.trace = span_.context();
    if (!span_.is_recording()) return;
    span_.set(owner.attributes_);
    span_.set("tool_name", tool_);
    span_.set("gen_ai.tool.name", tool_);
  }

  ~Measurement() { finish("cancelled"); }
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;

  void finish(std::string_view error) {
    if (finished_) return;
    finished_ = true;
    context_.trace = outer_;
    if (!context_.backend_revision.empty())
      span_.set("mcp.protocol.revision", context_.backend_revision);
    if (!error.empty()) span_.fail(error);
    span_.end();
    const double elapsed = seconds(stopwatch_.elapsed());
    const SeriesKey key{.name = tool_, .end = error, .further = context_.backend_revision};
    const Series series = owner_.series_.get(key, [&] { return make_series(error); });
    series.requests.add(1);
    series.duration.record(elapsed);
    if (series.errors) series.errors->add(1);
    series.client_duration.record(elapsed);
  }

 private:
  Series make_series(std::string_view error) const {
    const Labels all = Labels(owner_.target_)
                           .add("mcp.protocol.revision", context_.backend_revision)
                           .add("tool_name", tool_)
                           .add("gen_ai.tool.name", tool_);
    const Instruments& to = *owner_.with_.instruments;
    Series series{
        .requests = to.backend_requests.series(all),
        .duration = to.backend_duration.series(all),
        .client_duration = to.client_duration.series(
            Labels(owner_.operation_).add("gen_ai.tool.name", tool_).add("error.type", error)),
        .errors = {}};
    if (!error.empty())
      series.errors = to.backend_errors.series(Labels(all).add("error.type", error));
    return series;
  }

  MeasuredBackend& owner_;
  call::CallContext& context_;
  const call::TraceContext outer_;
  const std::string tool_;
  Stopwatch stopwatch_;
  Span span_;
  bool finished_ = false;
};

MeasuredBackend::MeasuredBackend(call::BackendClient& next, Instrumentation with)
    : next_(next), with_(with) {
  const call::BackendFacts& facts = next.facts();
  const auto target = [&](auto& to) {
    to.add("target.workload_id", facts.name);
    to.add("target.workload_name", facts.name);
    if (!facts.base_url.empty()) to.add("target.base_url", public_url(facts.base_url));
    to.add("target.transport_type", facts.transport);
    to.add("action", "call_tool");
    to.add("mcp.method.name", kMethod);
  };
  target(attributes_);
  target(target_);
  attributes_.add("gen_ai.operation.name", kOperation);
  operation_.add("mcp.method.name", kMethod)
      .add("network.transport", facts.transport == "stdio" ? "pipe" : "tcp")
      .add("gen_ai.operation.name", kOperation);
}

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
