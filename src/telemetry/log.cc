#include "telemetry/log.h"

#include <fmt/format.h>
#include <opentelemetry/logs/logger.h>
#include <opentelemetry/logs/severity.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "telemetry/text_queue.h"

namespace larkspur::telemetry {

namespace otel = opentelemetry;

namespace {

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  std::unreachable();
}

otel::logs::Severity severity(Level level) {
  switch (level) {
    case Level::kDebug:
      return otel::logs::Severity::kDebug;
    case Level::kInfo:
      return otel::logs::Severity::kInfo;
    case Level::kWarn:
      return otel::logs::Severity::kWarn;
    case Level::kError:
      return otel::logs::Severity::kError;
  }
  std::unreachable();
}

bool is_plain(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

// printable() leaves nothing that a JSON string may not hold but the two characters of its own.
void append_string(std::string& out, std::string_view text) {
  out += '"';
  if (std::ranges::all_of(text, is_plain)) {  // nearly all are
    out.append(text) += '"';
    return;
  }
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

bool is_empty_text(const Field& field) {
  const auto* text = std::get_if<std::string_view>(&field.value);
  return text != nullptr && text->empty();
}

void append_field(std::string& out, const Field& field) {
  out += ',';
  append_string(out, field.key);
  out += ':';
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    append_string(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

std::string format_line(Level level, std::string_view event, std::span<const Field> fields,
                        const call::TraceContext& trace) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","event":)",
                                 to_iso8601(wall_clock_ms()), level_name(level));
  append_string(line, event);
  for (const Field& field : fields) {
    if (!is_empty_text(field)) append_field(line, field);
  }
  if (trace.valid()) {
    append_field(line, {"trace_id", trace.trace_id_hex()});
    append_field(line, {"span_id", trace.span_id_hex()});
  }
  line += "}\n";
  return line;
}

otel::common::AttributeValue to_otel(const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    return otel::nostd::string_view(text->data(), text->size());
  }
  if (const auto* number = std::get_if<std::int64_t>(&field.value)) return *number;
  return std::get<bool>(field.value);
}

void emit(otel::logs::Logger& logger, Level level, std::string_view event,
          std::span<const Field> fields, const call::TraceContext& trace) {
  auto record = logger.CreateLogRecord();
  if (!record) return;
  record->SetSeverity(severity(level));
  record->SetTimestamp(std::chrono::system_clock::now());
  record->SetBody(otel::nostd::string_view(event.data(), event.size()));
  for (const Field& field : fields) {
    if (is_empty_text(field)) continue;
    record->SetAttribute({field.key.data(), field.key.size()}, to_otel(field));
  }
  if (trace.valid()) {
    record->SetTraceId(
        otel::trace::TraceId(otel::nostd::span<const std::uint8_t, 16>(trace.trace_id.data(), 16)));
    record->SetSpanId(
        otel::trace::SpanId(otel::nostd::span<const std::uint8_t, 8>(trace.span_id.data(), 8)));
    record->SetTraceFlags(otel::trace::TraceFlags(trace.flags));
  }
  logger.EmitLogRecord(std::move(record));
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;  // stderr is gone; there is nobody to tell
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

struct Log::Queue {
  explicit Queue(int to) : fd(to), writer([this] { run(); }) {}

  ~Queue() {
    stopping.store(true);
    wake();
    writer.join();
  }

  void push(std::string line) {
    if (!lines.push(std::move(line))) {
      dropped.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    wake();
  }

  void wake() {
    signal.fetch_add(1, std::memory_order_release);
    signal.notify_one();
  }

  void run() {
    std::uint64_t reported = 0;
    for (;;) {
      // Read before looking, so that a line pushed after the look wakes us up.
      const std::uint32_t seen = signal.load(std::memory_order_acquire);
      const bool last_round = stopping.load();
      for (std::string line; lines.pop(line);) write_all(fd, line);
      const std::uint64_t lost = dropped.load(std::memory_order_relaxed);
      if (lost != reported) {
        const Field lines_lost{"lines", static_cast<std::int64_t>(lost - reported)};
        write_all(fd, format_line(Level::kWarn, "log.dropped", std::span(&lines_lost, 1), {}));
        reported = lost;
      }
      if (last_round) return;
      signal.wait(seen, std::memory_order_acquire);
    }
  }

  const int fd;
  TextQueue lines{kCapacity};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint32_t> signal{0};
  std::atomic<bool> stopping{false};
  std::thread writer;  // last: it uses the others
};

Log::Log(int fd, Level minimum, otel::logs::Logger* logger)
    : minimum_(minimum), logger_(logger), queue_(std::make_unique<Queue>(fd)) {}

Log::~Log() = default;

void Log::write(Level level, std::string_view event, std::span<const Field> fields,
                const call::TraceContext& trace) {
  if (level < minimum_) return;
  queue_->push(format_line(level, event, fields, trace));
  if (auto* logger = logger_.load()) emit(*logger, level, event, fields, trace);
}

std::uint64_t Log::dropped() const {
  return queue_->dropped.load(std::memory_order_relaxed);
}

}  // namespace larkspur::telemetry
