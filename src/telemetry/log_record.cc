#include "telemetry/log_record.h"

#include "telemetry/wire.h"

namespace larkspur::telemetry {

namespace {

// opentelemetry.proto.logs.v1.LogRecord.
enum Field : unsigned {
  kTime = 1,
  kSeverity = 2,
  kSeverityText = 3,
  kBody = 5,
  kAttribute = 6,
  kFlags = 8,
  kTraceId = 9,
  kSpanId = 10,
  kObservedTime = 11,
  kEventName = 12,
};
constexpr unsigned kTextOfAnyValue = 1;

// Four numbers share each name.
std::string_view severity_text(unsigned severity) {
  if (severity >= 21) return "FATAL";
  if (severity >= 17) return "ERROR";
  if (severity >= 13) return "WARN";
  if (severity >= 9) return "INFO";
  return severity >= 5 ? "DEBUG" : "TRACE";
}

std::uint64_t now() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

template <std::size_t N>
std::string_view view(const std::array<std::uint8_t, N>& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

}  // namespace

LogRecord::LogRecord(std::chrono::nanoseconds since_epoch, unsigned severity,
                     std::string_view body) {
  message_.reserve(body.size() + 512);
  wire::append_fixed(message_, kTime, static_cast<std::uint64_t>(since_epoch.count()));
  wire::append_fixed(message_, kObservedTime, now());
  wire::append_number(message_, kSeverity, severity);
  wire::append_bytes(message_, kSeverityText, severity_text(severity));
  wire::append_tag(message_, kBody, wire::Type::kBytes);
  wire::append_varint(message_, 1 + wire::varint_size(body.size()) + body.size());
  wire::append_bytes(message_, kTextOfAnyValue, body);
}

LogRecord& LogRecord::event(std::string_view name) {
  wire::append_bytes(message_, kEventName, name);
  return *this;
}

LogRecord& LogRecord::in(const call::TraceContext& trace) {
  if (!trace.valid()) return *this;
  wire::append_bytes(message_, kTraceId, view(trace.trace_id));
  wire::append_bytes(message_, kSpanId, view(trace.span_id));
  wire::append_fixed(message_, kFlags, std::uint32_t{trace.flags});
  return *this;
}

LogRecord& LogRecord::set(std::string_view key, std::string_view value) {
  wire::Attribute(key, value).append_to(message_, kAttribute);
  return *this;
}

LogRecord& LogRecord::set(std::string_view key, std::int64_t value) {
  wire::Attribute(key, 3, static_cast<std::uint64_t>(value)).append_to(message_, kAttribute);
  return *this;
}

LogRecord& LogRecord::set(std::string_view key, bool value) {
  wire::Attribute(key, 2, value ? 1 : 0).append_to(message_, kAttribute);
  return *this;
}

}  // namespace larkspur::telemetry
