// Where spans begin and where the finished ones wait: draws their ids, decides which are sampled,
// and queues them for whoever exports. The OpenTelemetry SDK's spans cost more than everything else
// that is measured of a call together (bench/telemetry); these are OTLP from their first byte.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/thread_signal.h"
#include "call/trace_context.h"
#include "telemetry/text_queue.h"

namespace larkspur::telemetry {

class Tracer {
 public:
  // `sampling_ratio`: of the traces that start here. `capacity`: finished spans that may wait,
  // rounded up to a power of two; what does not fit is dropped and counted.
  Tracer(double sampling_ratio, std::size_t capacity);
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Any thread, without a lock. A span in the trace of `parent` with the decision that was made
  // there; where `parent` is invalid, one in a trace of its own.
  call::TraceContext begin(const call::TraceContext& parent) const;
  // Any thread, without a lock. `span`: an opentelemetry.proto.trace.v1.Span.
  void finish(std::string span);

  // The exporter's thread. Appends up to `at_most` finished spans to a ScopeSpans message, in the
  // order in which they ended; how many there were.
  std::size_t take(std::string& scope_spans, std::size_t at_most);
  // The exporter's thread: until the queue fills, somebody calls wake(), or the time is over.
  void wait(std::chrono::milliseconds at_most) { wake_.wait_for(at_most); }
  void wake() { wake_.raise(); }  // any thread

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  const std::uint64_t threshold_;  // of 2^56
  const std::size_t capacity_;
  TextQueue queue_;
  std::atomic<std::uint64_t> queued_{0};  // ever
  std::atomic<std::uint64_t> dropped_{0};
  ThreadSignal wake_;
};

}  // namespace larkspur::telemetry
