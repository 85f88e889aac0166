#include "telemetry/span.h"

#include <opentelemetry/trace/span_startoptions.h>
#include <opentelemetry/trace/tracer.h>

#include <algorithm>

namespace larkspur::telemetry {

namespace otel = opentelemetry;

namespace {

otel::nostd::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

otel::trace::SpanContext to_otel(const call::TraceContext& from) {
  return otel::trace::SpanContext(
      otel::trace::TraceId(otel::nostd::span<const std::uint8_t, 16>(from.trace_id.data(), 16)),
      otel::trace::SpanId(otel::nostd::span<const std::uint8_t, 8>(from.span_id.data(), 8)),
      otel::trace::TraceFlags(from.flags), true, otel::trace::TraceState::FromHeader(from.state));
}

call::TraceContext from_otel(const otel::trace::SpanContext& from, std::string state) {
  call::TraceContext to;
  std::ranges::copy(from.trace_id().Id(), to.trace_id.begin());
  std::ranges::copy(from.span_id().Id(), to.span_id.begin());
  to.flags = from.trace_flags().flags();
  to.state = std::move(state);
  return to;
}

}  // namespace

Span::Span(otel::trace::Tracer* tracer, std::string_view name, SpanKind kind,
           const call::TraceContext& parent, const call::TraceContext& link) {
  if (tracer == nullptr) {
    context_ = parent;
    return;
  }
  otel::trace::StartSpanOptions options;
  options.kind = kind;
  if (parent.valid()) {
    options.parent = to_otel(parent);
  } else {
    // Without this the SDK would look for a parent that is current on the thread.
    options.parent = otel::context::Context(otel::trace::kIsRootSpanKey, true);
  }
  span_ = link.valid() ? tracer->StartSpan(view(name), {}, {{to_otel(link), {}}}, options)
                       : tracer->StartSpan(view(name), options);
  recording_ = span_->IsRecording();
  context_ = from_otel(span_->GetContext(), parent.valid() ? parent.state : "");
}

void Span::set(std::string_view key, std::string_view value) {
  if (recording_) span_->SetAttribute(view(key), view(value));
}

void Span::set(std::string_view key, std::int64_t value) {
  if (recording_) span_->SetAttribute(view(key), value);
}

void Span::set(std::string_view key, bool value) {
  if (recording_) span_->SetAttribute(view(key), value);
}

void Span::fail(std::string_view error_type) {
  if (!recording_) return;
  set("error.type", error_type);
  span_->SetStatus(otel::trace::StatusCode::kError, view(error_type));
}

void Span::exception(std::string_view type, std::string_view message) {
  if (!recording_) return;
  span_->AddEvent("exception",
                  {{"exception.type", view(type)}, {"exception.message", view(message)}});
}

void Span::end() {
  if (span_) span_->End();
  span_ = nullptr;
  recording_ = false;
}

}  // namespace larkspur::telemetry
