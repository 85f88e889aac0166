#include "telemetry/measured_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "telemetry/test_support.h"

namespace larkspur::telemetry {
namespace {

using call::ScriptEnd;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class MeasuredScriptsTest : public testing::Test {
 protected:
  MeasuredScriptsTest() {
    caller.principal = "ada";
    caller.request_id = "7";
    log = std::make_unique<Log>(file.fd(), Level::kInfo, observatory.providers->log_records());
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
  outcome.inner_bytes = 2'000;
  outcome.answer_bytes = 500;
  run_outcome(outcome);

  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "execute_tool_script");
  EXPECT_EQ(spans[0].kind, SpanKind::kInternal);
  EXPECT_EQ(spans[0].parent_id, client_trace().span_id_hex());
  EXPECT_EQ(spans[0].attributes, (Attributes{{"script.hash", request.hash},
                                             {"script.status", "success"},
                                             {"script.tool_count", "15"},
                                             {"script.parallel_used", "true"},
                                             {"script.step_count", "123"},
                                             {"script.peak_memory_bytes", "4567"},
                                             {"script.calls_saved", "14"},
                                             {"script.bytes_kept", "1500"}}));

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
  const std::vector<SeenLog> logs = observatory.take_logs();
  ASSERT_EQ(logs.size(), 2u);
  EXPECT_EQ(logs[1].body, "script.complete");
  EXPECT_EQ(logs[1].span_id, spans[0].id);
  EXPECT_EQ(logs[1].trace_id, spans[0].trace_id);
  EXPECT_THAT(logs[1].attributes, Contains(Pair("parallel_tasks", "14")));
}

TEST_F(MeasuredScriptsTest, EveryEndIsCountedOnce) {
  const std::vector<ScriptEnd> ends{
      ScriptEnd::kTimeout,     ScriptEnd::kStepLimit,   ScriptEnd::kSyntax,
      ScriptEnd::kRuntime,     ScriptEnd::kToolError,   ScriptEnd::kDenied,
      ScriptEnd::kDepthLimit,  ScriptEnd::kMemoryLimit, ScriptEnd::kCallLimit,
      ScriptEnd::kOutputLimit, ScriptEnd::kCancelled,   ScriptEnd::kInvalidArguments,
      ScriptEnd::kInternal};
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

}  // namespace
}  // namespace larkspur::telemetry
