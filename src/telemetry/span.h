// One span, ended on every way out, written as an OTLP Span message while it lives. Parents are
// values that are handed down: no span is ever made current on a thread, since many calls share
// one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "call/trace_context.h"
#include "telemetry/tracer.h"

namespace larkspur::telemetry {

// The numbers of OTLP.
enum class SpanKind : unsigned char { kInternal = 1, kServer = 2, kClient = 3 };

// Attributes that many spans share, written once.
class SharedAttributes {
 public:
  SharedAttributes& add(std::string_view key, std::string_view value);
  const std::string& fields() const { return fields_; }  // of a Span message

 private:
  std::string fields_;
};

class Span {
 public:
  // What is longer loses attributes, which are counted.
  static constexpr std::size_t kMaxBytes = 32 * 1024;

  // Its name: "method target", or the method alone.
  struct Name {
    std::string_view method, target;
  };

  // `tracer` null: no span is made, and context() is the parent, so that a trace still passes
  // through.
  // `link`: another span that this one has to do with; an invalid one is left out.
  Span(Tracer* tracer, Name name, SpanKind kind, const call::TraceContext& parent,
       const call::TraceContext& link = {});
  ~Span() { end(); }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  // What children and the next hop are told.
  const call::TraceContext& context() const { return context_; }
  // False: attributes are not kept by anybody; spare yourself making them.
  bool is_recording() const { return tracer_ != nullptr; }

  void set(std::string_view key, std::string_view value);
  void set(std::string_view key, std::int64_t value);
  void set(std::string_view key, bool value);
  void set(const SharedAttributes& attributes);
  void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }

  // Status ERROR and error.type.
  void fail(std::string_view error_type);
  // An exception event. REQUIRES: `message` holds no text of a script, an argument or a result.
  void exception(std::string_view type, std::string_view message);

  void end();

 private:
  bool has_room(std::size_t bytes);

  Tracer* tracer_ = nullptr;  // null where nothing is recorded, and once ended
  call::TraceContext context_;
  std::string message_;
  std::chrono::nanoseconds started_at_{0};  // since the epoch
  Stopwatch stopwatch_;
  std::uint32_t attributes_dropped_ = 0;
};

}  // namespace larkspur::telemetry
