// Where spans begin and where the finished ones wait: draws their ids, decides which are sampled,
// and queues them for whoever exports. The OpenTelemetry SDK's spans cost more than everything else
// that is measured of a call together (bench/telemetry); these are OTLP from their first byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "call/trace_context.h"
#include "telemetry/export_queue.h"

namespace larkspur::telemetry {

class Tracer {
 public:
  // `sampling_ratio`: of the traces that start here. `capacity`: of the queue of finished spans.
  Tracer(double sampling_ratio, std::size_t capacity);
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Any thread, without a lock. A span in the trace of `parent` with the decision that was made
  // there; where `parent` is invalid, one in a trace of its own.
  call::TraceContext begin(const call::TraceContext& parent) const;
  // Any thread, without a lock. `span`: an opentelemetry.proto.trace.v1.Span.
  void finish(std::string span) { finished_.push(std::move(span)); }

  ExportQueue& finished() { return finished_; }

 private:
  const std::uint64_t threshold_;  // of 2^56
  ExportQueue finished_;
};

}  // namespace larkspur::telemetry
