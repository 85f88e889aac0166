// What waits to be exported: finished spans, or log records, each a complete OTLP message. One
// exporter's thread takes them.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/thread_signal.h"
#include "telemetry/text_queue.h"
#include "telemetry/wire.h"

namespace larkspur::telemetry {

class ExportQueue {
 public:
  // `capacity`: messages that may wait, rounded up to a power of two; what does not fit is dropped
  // and counted.
  explicit ExportQueue(std::size_t capacity)
      : capacity_(std::bit_ceil(std::max<std::size_t>(capacity, 4))), queue_(capacity_) {}
  ExportQueue(const ExportQueue&) = delete;
  ExportQueue& operator=(const ExportQueue&) = delete;

  // Any thread, without a lock.
  void push(std::string message) {
    if (!queue_.push(std::move(message))) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    // Long before it is full, and seldom enough that the call that does it is not delayed.
    const std::uint64_t before = queued_.fetch_add(1, std::memory_order_relaxed);
    if ((before + 1) % (capacity_ / 4) == 0) wake();
  }

  // The exporter's thread. Appends up to `at_most` messages to a ScopeSpans or ScopeLogs, in the
  // order in which they came; how many there were.
  std::size_t take(std::string& scope, std::size_t at_most) {
    constexpr unsigned kMessages = 2;  // the number of the field, in both
    std::size_t taken = 0;
    for (std::string message; taken < at_most && queue_.pop(message); ++taken) {
      wire::append_bytes(scope, kMessages, message);
    }
    return taken;
  }
  // The exporter's thread: until the queue fills, somebody calls wake(), or the time is over.
  void wait(std::chrono::milliseconds at_most) { wake_.wait_for(at_most); }
  void wake() { wake_.raise(); }  // any thread

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  const std::size_t capacity_;
  TextQueue queue_;
  std::atomic<std::uint64_t> queued_{0};  // ever
  std::atomic<std::uint64_t> dropped_{0};
  ThreadSignal wake_;
};

}  // namespace larkspur::telemetry
