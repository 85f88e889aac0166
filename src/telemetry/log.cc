#include "telemetry/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "telemetry/export_queue.h"
#include "telemetry/log_record.h"
#include "telemetry/text_queue.h"

namespace larkspur::telemetry {

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

// OpenTelemetry's number.
unsigned severity(Level level) {
  switch (level) {
    case Level::kDebug:
      return 5;
    case Level::kInfo:
      return 9;
    case Level::kWarn:
      return 13;
    case Level::kError:
      return 17;
  }
  std::unreachable();
}

bool is_plain(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

// Eight bytes at a time, since nearly all texts are plain.
bool is_plain(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x80 * kOnes;
  std::size_t i = 0;
  for (std::uint64_t word; i + sizeof word <= text.size(); i += sizeof word) {
    std::memcpy(&word, text.data() + i, sizeof word);
    // The high bit of each byte that is zero; for `below`, less than a blank.
    const auto zero = [](std::uint64_t bytes) { return (bytes - kOnes) & ~bytes; };
    const std::uint64_t below = (word - 0x20 * kOnes) & ~word;
    const std::uint64_t special =
        zero(word ^ '"' * kOnes) | zero(word ^ '\\' * kOnes) | zero(word ^ 0x7F * kOnes);
    if (((word | below | special) & kHigh) != 0) return false;
  }
  return std::ranges::all_of(text.substr(i), [](char c) { return is_plain(c); });
}

// printable() leaves nothing that a JSON string may not hold but the two characters of its own.
void append_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_plain(text)) {  // nearly all are
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
    out += fmt::format_int(*number).c_str();
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

std::string format_line(Level level, std::string_view event, std::span<const Field> fields,
                        const call::TraceContext& trace) {
  std::string line;
  line.reserve(512);
  line.append(R"({"time":")").append(to_iso8601(wall_clock_ms()));
  line.append(R"(","level":")").append(level_name(level)).append(R"(","event":)");
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

std::string log_record(Level level, std::string_view event, std::span<const Field> fields,
                       const call::TraceContext& trace) {
  LogRecord record(std::chrono::system_clock::now().time_since_epoch(), severity(level), event);
  record.in(trace);
  for (const Field& field : fields) {
    if (is_empty_text(field)) continue;
    std::visit([&](const auto& value) { record.set(field.key, value); }, field.value);
  }
  return record.take();
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

Log::Log(int fd, Level minimum, ExportQueue* records)
    : minimum_(minimum), records_(records), queue_(std::make_unique<Queue>(fd)) {}

Log::~Log() = default;

void Log::write(Level level, std::string_view event, std::span<const Field> fields,
                const call::TraceContext& trace) {
  if (level < minimum_) return;
  queue_->push(format_line(level, event, fields, trace));
  if (auto* records = records_.load()) records->push(log_record(level, event, fields, trace));
}

std::uint64_t Log::dropped() const {
  return queue_->dropped.load(std::memory_order_relaxed);
}

}  // namespace larkspur::telemetry
