// The operator's log: one JSON object a line on stderr, and the same record over OTLP where that is
// configured. Events have short stable names ("script.start"); everything else is a field.
//
// Any thread. write() formats the line and pushes it into a bounded queue, without a lock and
// without I/O; a thread of the log's own writes. A full queue (stderr blocks) costs lines, which
// are counted and reported in a line of their own when there is room again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "call/trace_context.h"

namespace larkspur::telemetry {

class ExportQueue;

enum class Level : unsigned char { kDebug, kInfo, kWarn, kError };

// Text is escaped; it may come from anywhere. A field with empty text is left out.
struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, bool> value;
};

class Log {
 public:
  static constexpr std::size_t kCapacity = 4'096;

  // `fd` stays open while this lives (2: stderr). `minimum`: what is below it costs a comparison.
  explicit Log(int fd, Level minimum = Level::kInfo, ExportQueue* records = nullptr);
  ~Log();  // writes what is queued
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // `trace`: the span that this belongs to; an invalid one is left out.
  void write(Level level, std::string_view event, std::span<const Field> fields,
             const call::TraceContext& trace = {});
  // From here on the same records go to `records`, too; it outlives the last write. For a program
  // whose log must exist before its exporters, which report their troubles here.
  void also_to(ExportQueue* records) { records_.store(records); }
  void write(Level level, std::string_view event, std::initializer_list<Field> fields,
             const call::TraceContext& trace = {}) {
    write(level, event, std::span(fields.begin(), fields.size()), trace);
  }

  std::uint64_t dropped() const;

 private:
  struct Queue;

  Level minimum_;
  std::atomic<ExportQueue*> records_;
  std::unique_ptr<Queue> queue_;
};

}  // namespace larkspur::telemetry
