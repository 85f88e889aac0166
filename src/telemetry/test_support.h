// What the tests of this room share: providers with exporters that keep what they get, a way to run
// a coroutine to its end, and stand-ins for the steps around a decorator.
#pragma once

#include <gtest/gtest.h>
#include <opentelemetry/proto/logs/v1/logs.pb.h>
#include <opentelemetry/proto/trace/v1/trace.pb.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "call/backend_client.h"
#include "call/script_engine.h"
#include "call/tool_source.h"
#include "telemetry/providers.h"
#include "telemetry/span.h"

namespace larkspur::telemetry {

using Attributes = std::map<std::string, std::string>;

inline Attributes to_attributes(
    const google::protobuf::RepeatedPtrField<opentelemetry::proto::common::v1::KeyValue>& from) {
  Attributes out;
  for (const auto& each : from) {
    const auto& value = each.value();
    if (value.has_bool_value())
      out[each.key()] = value.bool_value() ? "true" : "false";
    else if (value.has_int_value())
      out[each.key()] = std::to_string(value.int_value());
    else
      out[each.key()] = value.string_value();
  }
  return out;
}

// A finished span as plain values.
struct SeenSpan {
  std::string name;
  SpanKind kind;
  std::string trace_id, id, parent_id;
  bool failed = false;
  Attributes attributes;
  std::vector<Attributes> events;
  std::vector<std::string> links;  // span ids
};

struct SeenLog {
  std::string body, event;
  int severity = 0;
  std::string trace_id, span_id;  // "": in none
  Attributes attributes;
};

// Providers whose output can be read.
class Observatory {
 public:
  explicit Observatory(Options options = {}) {
    options.prometheus = true;
    options.queue_size = 1 << 17;
    providers = std::make_unique<Providers>(std::move(options), Providers::Export::kKeep);
  }

  Instrumentation with() const { return providers->instrumentation(); }

  // Those that ended since the last call, in the order in which they ended, read from the bytes
  // that a receiver would get.
  std::vector<SeenSpan> take_spans() const {
    opentelemetry::proto::trace::v1::ScopeSpans scope;
    std::string bytes;
    if (with().tracer != nullptr) with().tracer->finished().take(bytes, SIZE_MAX);
    EXPECT_TRUE(scope.ParseFromString(bytes));
    std::vector<SeenSpan> out;
    for (const auto& span : scope.spans()) {
      SeenSpan& seen = out.emplace_back();
      seen.name = span.name();
      seen.kind = static_cast<SpanKind>(span.kind());
      seen.trace_id = hex(span.trace_id());
      seen.id = hex(span.span_id());
      seen.parent_id = hex(span.parent_span_id());
      seen.failed =
          span.status().code() == opentelemetry::proto::trace::v1::Status::STATUS_CODE_ERROR;
      seen.attributes = to_attributes(span.attributes());
      for (const auto& link : span.links()) seen.links.push_back(hex(link.span_id()));
      for (const auto& event : span.events()) {
        seen.events.push_back(to_attributes(event.attributes()));
      }
      EXPECT_GE(span.end_time_unix_nano(), span.start_time_unix_nano());
    }
    return out;
  }

  // The same for log records.
  std::vector<SeenLog> take_logs() const {
    opentelemetry::proto::logs::v1::ScopeLogs scope;
    std::string bytes;
    if (providers->log_records() != nullptr) providers->log_records()->take(bytes, SIZE_MAX);
    EXPECT_TRUE(scope.ParseFromString(bytes));
    std::vector<SeenLog> out;
    for (const auto& record : scope.log_records()) {
      out.push_back({record.body().string_value(), record.event_name(),
                     static_cast<int>(record.severity_number()), hex(record.trace_id()),
                     hex(record.span_id()), to_attributes(record.attributes())});
      EXPECT_GT(record.time_unix_nano(), 0U);
      EXPECT_FALSE(record.severity_text().empty());
    }
    return out;
  }

  std::unique_ptr<Providers> providers;

 private:
  static std::string hex(const std::string& id) {
    return to_hex({reinterpret_cast<const unsigned char*>(id.data()), id.size()});
  }
};

// A log whose lines can be read once it is closed.
class LogFile {
 public:
  LogFile() {
    char path[] = "/tmp/larkspur_log_XXXXXX";
    fd_ = ::mkstemp(path);
    ::unlink(path);
  }
  ~LogFile() { ::close(fd_); }
  int fd() const { return fd_; }
  std::string text() const {
    std::string out(1 << 20, '\0');
    out.resize(static_cast<std::size_t>(::pread(fd_, out.data(), out.size(), 0)));
    return out;
  }

 private:
  int fd_;
};

// Runs until nothing is left to do; what a coroutine throws fails the test.
inline void run(EventLoop& loop, Async<void> work) {
  asio::co_spawn(loop, std::move(work), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  loop.run();
  loop.restart();
}

inline call::CallReply reply_of(std::string json, bool is_error = false) {
  return call::CallResult{std::move(json), is_error};
}

inline std::shared_ptr<const call::Tool> make_tool(std::string name) {
  auto tool = std::make_shared<call::Tool>();
  tool->name = std::move(name);
  return tool;
}

// A step behind the decorator that does what the test says.
class FakeTools : public call::ToolSource {
 public:
  using Behaviour =
      std::function<Async<call::CallReply>(call::CallContext&, std::string_view, std::string_view)>;
  explicit FakeTools(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  call::ToolList list(const call::Caller&, call::Audience) override { return tools; }
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override {
    return behaviour_(context, tool, arguments);
  }

  call::ToolList tools;

 private:
  Behaviour behaviour_;
};

class FakeBackend : public call::BackendClient {
 public:
  using Behaviour = std::function<Async<call::CallReply>(call::CallContext&)>;
  FakeBackend(call::BackendFacts facts, Behaviour behaviour)
      : facts_(std::move(facts)), behaviour_(std::move(behaviour)) {}

  const call::BackendFacts& facts() const override { return facts_; }
  Async<call::CallReply> fetch(call::CallContext& context, std::string, std::string,
                               std::string) override {
    return behaviour_(context);
  }
  Async<call::CallReply> call(call::CallContext& context, std::string, std::string_view) override {
    return behaviour_(context);
  }

 private:
  call::BackendFacts facts_;
  Behaviour behaviour_;
};

class FakeEngine : public call::ScriptEngine {
 public:
  using Behaviour = std::function<Async<call::ScriptOutcome>(call::CallContext&)>;
  explicit FakeEngine(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  Async<call::ScriptOutcome> run(call::CallContext& context, const call::ScriptRequest&) override {
    return behaviour_(context);
  }

 private:
  Behaviour behaviour_;
};

inline call::TraceContext client_trace() {
  return *call::TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

}  // namespace larkspur::telemetry
