// Each finished record of the ExecutionLog as an OpenTelemetry log record: event
// mcp.tool.execution, body the audit view as JSON without what scripts and tools said in their own
// words, in the trace and span of the call, whether or not that was sampled.
//
// Off the request path: the log's writer hands over what it has written, a thread of ours makes the
// log records, the exporter's own thread sends them. A full queue costs events, which are counted;
// the log itself has them still.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "execlog/record.h"
#include "telemetry/export_queue.h"

namespace larkspur::telemetry {

class ExecutionEvents {
 public:
  static constexpr std::size_t kCapacity = 8'192;

  // `to` outlives this.
  explicit ExecutionEvents(ExportQueue& to, std::size_t capacity = kCapacity);
  ~ExecutionEvents();  // hands over what is queued
  ExecutionEvents(const ExecutionEvents&) = delete;
  ExecutionEvents& operator=(const ExecutionEvents&) = delete;

  // Any thread but one that must not wait: takes a lock for a moment.
  void push(execlog::Record record);
  // Returns when everything pushed before has been handed to the exporter's queue.
  void flush();
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void run();

  ExportQueue& to_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<execlog::Record> queue_;
  bool busy_ = false;  // the thread is at work on what it took
  bool stopping_ = false;
  std::atomic<std::uint64_t> dropped_{0};
  std::thread thread_;  // last: it uses the others
};

}  // namespace larkspur::telemetry
