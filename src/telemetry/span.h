// One span, ended on every way out. Parents are values that are handed down: no span is ever made
// current on a thread, since many calls share one.
#pragma once

#include <opentelemetry/nostd/shared_ptr.h>
#include <opentelemetry/trace/span.h>

#include <cstdint>
#include <string_view>

#include "call/trace_context.h"
#include "telemetry/otel.h"

namespace larkspur::telemetry {

using SpanKind = opentelemetry::trace::SpanKind;

class Span {
 public:
  // `tracer` null: no span is made, and context() is the parent, so that a trace still passes
  // through.
  // `link`: another span that this one has to do with; an invalid one is left out.
  Span(opentelemetry::trace::Tracer* tracer, std::string_view name, SpanKind kind,
       const call::TraceContext& parent, const call::TraceContext& link = {});
  ~Span() { end(); }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  // What children and the next hop are told.
  const call::TraceContext& context() const { return context_; }
  // False: attributes are not kept by anybody; spare yourself making them.
  bool is_recording() const { return recording_; }

  void set(std::string_view key, std::string_view value);
  void set(std::string_view key, std::int64_t value);
  void set(std::string_view key, bool value);
  void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }

  // Status ERROR and error.type.
  void fail(std::string_view error_type);
  // An exception event. REQUIRES: `message` holds no text of a script, an argument or a result.
  void exception(std::string_view type, std::string_view message);

  void end();

 private:
  opentelemetry::nostd::shared_ptr<opentelemetry::trace::Span> span_;
  call::TraceContext context_;
  bool recording_ = false;
};

}  // namespace larkspur::telemetry
