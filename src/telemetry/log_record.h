// One log record for OTLP, written as a LogRecord message from the first byte, as spans are: the
// SDK's cost more than the records' way into SQLite (bench/telemetry).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "call/trace_context.h"

namespace larkspur::telemetry {

class LogRecord {
 public:
  // `severity`: OpenTelemetry's number (9 INFO, 13 WARN, 17 ERROR, ...).
  LogRecord(std::chrono::nanoseconds since_epoch, unsigned severity, std::string_view body);

  LogRecord& event(std::string_view name);
  // The span that it belongs to; an invalid one is left out.
  LogRecord& in(const call::TraceContext& trace);
  LogRecord& set(std::string_view key, std::string_view value);
  LogRecord& set(std::string_view key, std::int64_t value);
  LogRecord& set(std::string_view key, bool value);
  LogRecord& set(std::string_view key, const char* value) {
    return set(key, std::string_view(value));
  }

  std::string take() { return std::move(message_); }

 private:
  std::string message_;
};

}  // namespace larkspur::telemetry
