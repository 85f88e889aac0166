#include "telemetry/measured_scripts.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <set>

#include "json/value.h"
#include "telemetry/measured_backend.h"
#include "telemetry/measured_tools.h"
#include "telemetry/test_support.h"

namespace larkspur::telemetry {
namespace {

using call::ScriptEnd;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

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

class MeasuredScriptsTest : public testing::Test {
 protected:
  MeasuredScriptsTest() {
    caller.principal = "ada";
    caller.request_id = "7";
    log = std::make_unique<Log>(file.fd(), Level::kInfo, observatory.providers->logger());
    request.source = "return 'script-canary'";
    request.data = R"({"d":"data-canary"})";
    request.hash = "sha256:" + std::string(64, 'a');
  }

  void run_script(FakeEngine::Behaviour behaviour, call::CallContext& context) {
    FakeEngine engine(std::move(behaviour));
    MeasuredScripts measured(engine, observatory.with(), log.get());
    const auto work = [&]() -> Async<void> {
      try {
        co_await measured.run(context, request);
      } catch (const std::exception&) {
        thrown = true;
      }
    };
    run(loop, work());
  }

  void run_outcome(call::ScriptOutcome outcome) {
    call::CallContext context(caller);
    context.record_id = "call-1";
    context.trace = client_trace();
    run_script([&](call::CallContext&) -> Async<call::ScriptOutcome> { co_return outcome; },
               context);
    EXPECT_EQ(context.trace.traceparent(), client_trace().traceparent()) << "restored afterwards";
  }

  std::string finished_log() {
    log.reset();
    return file.text();
  }

  EventLoop loop;
  Observatory observatory;
  LogFile file;
  std::unique_ptr<Log> log;
  call::Caller caller;
  call::ScriptRequest request;
  bool thrown = false;
};

TEST_F(MeasuredScriptsTest, ASuccessfulScript) {
  call::ScriptOutcome outcome;
  outcome.end = ScriptEnd::kSuccess;
  outcome.steps = 123;
  outcome.peak_memory_bytes = 4'567;
  outcome.parallel_calls = 2;
  outcome.parallel_tasks = 14;
  outcome.calls.resize(15);
  run_outcome(outcome);

  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "execute_tool_script");
  EXPECT_EQ(spans[0].kind, opentelemetry::trace::SpanKind::kInternal);
  EXPECT_EQ(spans[0].parent_id, client_trace().span_id_hex());
  EXPECT_EQ(spans[0].attributes, (Attributes{{"script.hash", request.hash},
                                             {"script.status", "success"},
                                             {"script.tool_count", "15"},
                                             {"script.parallel_used", "true"},
                                             {"script.step_count", "123"},
                                             {"script.peak_memory_bytes", "4567"}}));

  const std::string metrics = observatory.providers->prometheus_text();
  EXPECT_THAT(metrics, HasSubstr("toolhive_vmcp_script_executions_total{status=\"success\"} 1\n"));
  EXPECT_THAT(metrics,
              HasSubstr("toolhive_vmcp_script_duration_seconds_bucket{status=\"success\",le="
                        "\"0.01\"} 1\n"));
  EXPECT_THAT(
      metrics,
      HasSubstr("toolhive_vmcp_script_tool_calls_bucket{status=\"success\",le=\"10\"} 0\n"
                "toolhive_vmcp_script_tool_calls_bucket{status=\"success\",le=\"20\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("toolhive_vmcp_script_parallel_goroutines_total 14\n"));

  const std::string text = finished_log();
  EXPECT_THAT(text, HasSubstr(R"("event":"script.start","tool_call_id":"call-1")"));
  EXPECT_THAT(text, HasSubstr(R"("event":"script.complete")"));
  EXPECT_THAT(text, HasSubstr(R"("request_id":"7","principal":"ada")"));
  EXPECT_THAT(text, HasSubstr("\"span_id\":\"" + spans[0].id + "\""));
  ASSERT_EQ(observatory.logs.size(), 2u);
  EXPECT_EQ(observatory.logs[1].body, "script.complete");
  EXPECT_EQ(observatory.logs[1].span_id, spans[0].id);
  EXPECT_EQ(observatory.logs[1].trace_id, spans[0].trace_id);
  EXPECT_THAT(observatory.logs[1].attributes, Contains(Pair("parallel_tasks", "14")));
}

TEST_F(MeasuredScriptsTest, EveryEndIsCountedOnce) {
  const std::vector<ScriptEnd> ends{
      ScriptEnd::kTimeout,     ScriptEnd::kStepLimit,        ScriptEnd::kSyntax,
      ScriptEnd::kRuntime,     ScriptEnd::kToolError,        ScriptEnd::kDenied,
      ScriptEnd::kMemoryLimit, ScriptEnd::kCallLimit,        ScriptEnd::kOutputLimit,
      ScriptEnd::kCancelled,   ScriptEnd::kInvalidArguments, ScriptEnd::kInternal};
  for (const ScriptEnd end : ends) {
    call::ScriptOutcome outcome;
    outcome.end = end;
    outcome.error = "fail: error-canary";
    outcome.printed = "print-canary";
    outcome.public_error = "fail() called";
    outcome.line = 3;
    outcome.column = 5;
    run_outcome(outcome);
  }
  const std::string metrics = observatory.providers->prometheus_text();
  for (const ScriptEnd end : ends) {
    const std::string series = "toolhive_vmcp_script_executions_total{error_type=\"" +
                               std::string(script_error_type(end)) + "\",status=\"" +
                               std::string(script_status(end)) + "\"} 1\n";
    EXPECT_THAT(metrics, HasSubstr(series));
  }
  for (const SeenSpan& span : observatory.take_spans()) {
    EXPECT_TRUE(span.failed);
    ASSERT_EQ(span.events.size(), 1u);
    EXPECT_THAT(span.events[0], Contains(Pair("exception.message", "fail() called")));
  }
  const std::string text = finished_log();
  EXPECT_THAT(text, HasSubstr(R"("level":"warn","event":"script.error")"));
  EXPECT_THAT(text, HasSubstr(R"("level":"error","event":"script.error")"));
  EXPECT_THAT(text, HasSubstr(R"("error":"fail() called","line":3,"column":5)"));
  EXPECT_THAT(text, Not(HasSubstr("canary")));
}

TEST_F(MeasuredScriptsTest, AScriptThatIsThrownOutIsCountedToo) {
  call::CallContext context(caller);
  run_script(
      [](call::CallContext&) -> Async<call::ScriptOutcome> {
        throw boost::system::system_error(asio::error::operation_aborted);
        co_return call::ScriptOutcome{};
      },
      context);
  EXPECT_TRUE(thrown);
  run_script(
      [](call::CallContext&) -> Async<call::ScriptOutcome> {
        throw std::logic_error("exception-canary");
        co_return call::ScriptOutcome{};
      },
      context);
  const std::string metrics = observatory.providers->prometheus_text();
  EXPECT_THAT(metrics, HasSubstr("{error_type=\"cancelled\",status=\"error\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("{error_type=\"internal\",status=\"error\"} 1\n"));
  EXPECT_THAT(finished_log(), Not(HasSubstr("canary")));
}

// The whole path, many times at once: client call > script > 50 overlapping inner calls > backend.
TEST_F(MeasuredScriptsTest, NoSpanIsEverUnderTheWrongParent) {
  constexpr int kScripts = 200;
  constexpr int kCalls = 50;
  std::multiset<std::string> told;  // span ids that backends saw
  FakeBackend leaf({"b", "streamable-http", "http://b"},
                   [&](call::CallContext& context) -> Async<call::CallReply> {
                     const std::string before = context.trace.span_id_hex();
                     Timer pause(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
                     co_await pause.async_wait(kAwait);
                     EXPECT_EQ(context.trace.span_id_hex(), before);
                     told.insert(before);
                     co_return reply_of(R"({"r":"result-canary"})");
                   });
  MeasuredBackend backend(leaf, observatory.with());
  FakeTools inner_leaf([&](call::CallContext& context, std::string_view,
                           std::string_view arguments) -> Async<call::CallReply> {
    return backend.call(context, "own", arguments);
  });
  MeasuredTools inner_path(inner_leaf, observatory.with(), "gw");

  const auto inner_tool = make_tool("inner");
  FakeEngine engine([&](call::CallContext& script) -> Async<call::ScriptOutcome> {
    const auto executor = co_await asio::this_coro::executor;
    Timer all_done(executor, SteadyClock::time_point::max());
    int left = kCalls;
    const auto one = [&](int index) -> Async<void> {
      call::CallContext context(script.caller);
      context.parent = &script;
      context.trace = script.trace;
      context.tool = inner_tool;
      context.call_index = static_cast<std::uint32_t>(index + 1);
      context.in_parallel = true;
      context.place = "1/" + std::to_string(index + 1);
      co_await inner_path.call(context, "inner", R"({"a":"argument-canary"})");
      if (--left == 0) all_done.cancel();
    };
    for (int i = 0; i < kCalls; ++i) asio::co_spawn(executor, one(i), asio::detached);
    co_await all_done.async_wait(kAwaitTuple);
    call::ScriptOutcome outcome;
    outcome.end = ScriptEnd::kSuccess;
    outcome.calls.resize(kCalls);
    outcome.parallel_tasks = kCalls;
    co_return outcome;
  });
  MeasuredScripts scripts(engine, observatory.with(), log.get());
  FakeTools script_leaf([&](call::CallContext& context, std::string_view,
                            std::string_view) -> Async<call::CallReply> {
    co_await scripts.run(context, request);
    co_return reply_of("{}");
  });
  MeasuredTools door(script_leaf, observatory.with(), "gw");

  const auto script_tool = make_tool("execute_tool_script");
  const auto client = [&](int) -> Async<void> {
    call::CallContext context(caller);
    context.tool = script_tool;
    co_await door.call(context, "execute_tool_script", R"({"script":"script-canary"})");
  };
  for (int i = 0; i < kScripts; ++i) asio::co_spawn(loop, client(i), asio::detached);
  loop.run();

  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), static_cast<std::size_t>(kScripts * (2 + 2 * kCalls)));
  std::map<std::string, const SeenSpan*> by_id;
  for (const SeenSpan& span : spans) by_id[span.id] = &span;
  const std::map<std::string, std::string> parent_name{
      {"execute_tool_script", "tools/call execute_tool_script"},
      {"tools/call inner", "execute_tool_script"},
      {"tools/call own", "tools/call inner"}};
  std::map<std::string, int> children;
  for (const SeenSpan& span : spans) {
    if (span.name == "tools/call execute_tool_script") {
      EXPECT_EQ(span.parent_id, "");
      continue;
    }
    const auto parent = by_id.find(span.parent_id);
    ASSERT_NE(parent, by_id.end()) << span.name;
    ASSERT_EQ(parent->second->name, parent_name.at(span.name));
    ASSERT_EQ(parent->second->trace_id, span.trace_id);
    ++children[span.parent_id];
    if (span.name == "tools/call own") ASSERT_EQ(told.count(span.id), 1u);
  }
  for (const auto& [id, count] : children) {
    ASSERT_EQ(count, by_id[id]->name == "execute_tool_script" ? kCalls : 1);
  }

  // And nothing of what went through is in anything that was observed.
  for (const SeenSpan& span : spans) {
    for (const auto& [key, value] : span.attributes) ASSERT_THAT(value, Not(HasSubstr("canary")));
  }
  for (const SeenLog& record : observatory.logs) {
    for (const auto& [key, value] : record.attributes) {
      ASSERT_THAT(value, Not(HasSubstr("canary")));
    }
  }
  EXPECT_THAT(observatory.providers->prometheus_text(), Not(HasSubstr("canary")));
  EXPECT_THAT(finished_log(), Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace larkspur::telemetry
