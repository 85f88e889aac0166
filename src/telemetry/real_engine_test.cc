// The decorators around the real script engine: every way in which a script can end, and many
// scripts at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <set>

#include "codemode/engine.h"
#include "telemetry/measured_backend.h"
#include "telemetry/measured_scripts.h"
#include "telemetry/measured_tools.h"
#include "telemetry/test_support.h"

namespace larkspur::telemetry {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kScriptTool = "execute_tool_script";

// The call path in small: everything enters at one measured door; behind it the script tool, and
// tools of a measured backend.
class SmallGateway {
 public:
  explicit SmallGateway(codemode::EngineLimits limits = {})
      : log(std::make_unique<Log>(file.fd(), Level::kInfo, observatory.providers->log_records())),
        backend_(leaf_, observatory.with()),
        tools_([this](call::CallContext& context, std::string_view tool,
                      std::string_view arguments) { return route(context, tool, arguments); }),
        door_(tools_, observatory.with(), "gw"),
        engine_(door_, limits),
        scripts_(engine_, observatory.with(), log.get()) {
    for (const char* name : {"echo", "wait", "broken", "big"}) {
      tools_.tools.push_back(make_tool(name));
    }
  }

  // One execute_tool_script of a client.
  Async<void> script(std::string source, std::string problem = {}) {
    call::CallContext context(caller_);
    context.tool = script_tool_;
    context.deadline = SteadyClock::now() + timeout;
    next_ = {std::move(source), {}, {}, std::move(problem)};
    co_await door_.call(context, kScriptTool, "{}");
  }

  std::string finished_log() {
    log.reset();
    return file.text();
  }

  Observatory observatory;
  LogFile file;
  std::unique_ptr<Log> log;
  std::chrono::milliseconds timeout = 60s;
  std::multiset<std::string> told;  // span ids that the backend saw

 private:
  Async<call::CallReply> route(call::CallContext& context, std::string_view tool,
                               std::string_view arguments) {
    if (tool == kScriptTool && context.parent == nullptr) {
      const call::ScriptRequest request = std::move(next_);
      co_await scripts_.run(context, request);
      co_return reply_of("{}");
    }
    context.denied = tool == "forbidden";
    if (!context.tool) co_return call::unknown_tool(tool);
    co_return co_await backend_.call(context, "own_" + std::string(tool), arguments);
  }

  call::Caller caller_;
  std::shared_ptr<const call::Tool> script_tool_ = make_tool(std::string(kScriptTool));
  call::ScriptRequest next_;  // from script() to route(), which runs at once
  FakeBackend leaf_{{"b", "streamable-http", "http://b"},
                    [this](call::CallContext& context) -> Async<call::CallReply> {
                      const std::string before = context.trace.span_id_hex();
                      const bool waits = context.tool->name == "wait";
                      Timer pause(co_await asio::this_coro::executor, waits ? 1h : 1ms);
                      co_await pause.async_wait(kAwait);
                      EXPECT_EQ(context.trace.span_id_hex(), before);
                      told.insert(before);
                      if (context.tool->name == "broken") co_return reply_of("{}", true);
                      co_return reply_of(R"({"structuredContent":{"r":"result-canary"}})");
                    }};
  MeasuredBackend backend_;
  FakeTools tools_;
  MeasuredTools door_;
  codemode::Engine engine_;
  MeasuredScripts scripts_;
};

int lines_with(const std::string& text, std::string_view event) {
  int found = 0;
  for (std::size_t at = 0; (at = text.find(event, at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST(RealEngine, EveryWayToEndIsCountedOnceAndOnlyOnce) {
  enum class Outside { kNothing, kCancel, kShutDown };
  struct Case {
    std::string way, source, labels;
    Outside outside = Outside::kNothing;
    std::string problem = {};
  };
  const auto error = [](const char* type, const char* status = "error") {
    return std::string("{error_type=\"") + type + "\",status=\"" + status + "\"}";
  };
  const std::vector<Case> cases{
      {"success", "return echo()", R"({status="success"})"},
      {"syntax error", "return (", error("syntax")},
      {"runtime error", "return 1 // 0", error("runtime")},
      {"tool error", "broken()", error("tool_error")},
      {"denied tool", "call_tool('for' + 'bidden')", error("denied")},
      {"step limit", "while True: pass", error("step_limit", "step_limit")},
      {"memory limit", "return [0] * (1 << 40)", error("memory_limit")},
      {"call limit", "for i in range(20): echo()", error("call_limit")},
      {"output limit", "for i in range(100): print('x' * 1000)", error("output_limit")},
      {"wall clock", "wait()", error("timeout", "timeout")},
      {"client cancels or leaves", "wait()", error("cancelled"), Outside::kCancel},
      {"gateway shuts down", "wait()", error("cancelled"), Outside::kShutDown},
      {"invalid arguments", "return 1", error("invalid_arguments"), Outside::kNothing, "no script"},
  };
  codemode::EngineLimits limits;
  limits.machine.steps = 100'000;
  limits.machine.host_calls = 10;
  limits.machine.print_bytes = 10'000;
  for (const Case& each : cases) {
    SCOPED_TRACE(each.way);
    SmallGateway gateway(limits);
    if (each.labels.contains("timeout")) gateway.timeout = 20ms;
    {
      EventLoop loop;
      asio::cancellation_signal cancel;
      asio::co_spawn(loop, gateway.script(each.source, each.problem),
                     asio::bind_cancellation_slot(cancel.slot(), asio::detached));
      if (each.outside != Outside::kNothing) loop.run_for(20ms);
      if (each.outside == Outside::kCancel) cancel.emit(asio::cancellation_type::terminal);
      if (each.outside != Outside::kShutDown) loop.run();
    }
    const std::string metrics = gateway.observatory.providers->prometheus_text();
    EXPECT_EQ(lines_with(metrics, "toolhive_vmcp_script_executions_total{"), 1) << metrics;
    EXPECT_THAT(metrics, HasSubstr("toolhive_vmcp_script_executions_total" + each.labels + " 1\n"));
    EXPECT_EQ(lines_with(metrics, "toolhive_vmcp_script_duration_seconds_count"), 1);
    EXPECT_EQ(lines_with(metrics, "toolhive_vmcp_script_tool_calls_count"), 1);
    const std::string text = gateway.finished_log();
    EXPECT_EQ(lines_with(text, "\"event\":\"script.start\""), 1);
    EXPECT_EQ(lines_with(text, "\"event\":\"script.complete\"") +
                  lines_with(text, "\"event\":\"script.error\""),
              1);
    int script_spans = 0;
    for (const SeenSpan& span : gateway.observatory.take_spans()) {
      script_spans += span.name == kScriptTool;
    }
    EXPECT_EQ(script_spans, 1);
  }
}

TEST(RealEngine, WhatAScriptSaves) {
  SmallGateway gateway;
  EventLoop loop;
  run(loop, gateway.script("echo()\necho()\necho()\nreturn 7"));
  const auto spans = gateway.observatory.take_spans();
  const auto script = std::ranges::find(spans, kScriptTool, &SeenSpan::name);
  ASSERT_NE(script, spans.end());
  const std::size_t inner =
      3 * std::string_view(R"({"structuredContent":{"r":"result-canary"}})").size();
  EXPECT_EQ(script->attributes.at("script.calls_saved"), "2");
  EXPECT_EQ(script->attributes.at("script.bytes_kept"), std::to_string(inner - 1));
  const std::string metrics = gateway.observatory.providers->prometheus_text();
  EXPECT_THAT(metrics, HasSubstr("larkspur_script_calls_saved_total 2\n"));
  EXPECT_THAT(metrics, HasSubstr("larkspur_script_kept_bytes_total " + std::to_string(inner - 1)));
}

// client call > script > 50 overlapping inner calls > backend, 200 times at once.
TEST(RealEngine, NoSpanIsEverUnderTheWrongParent) {
  constexpr int kScripts = 200;
  constexpr int kCalls = 50;
  codemode::EngineLimits limits;
  limits.machine.parallel = kCalls;
  SmallGateway gateway(limits);
  EventLoop loop;
  for (int i = 0; i < kScripts; ++i) {
    asio::co_spawn(loop,
                   gateway.script("c = 'script-canary'\n"
                                  "parallel([lambda i=i: echo(a='argument-canary') for i in "
                                  "range(50)])\nprint('print-canary')\nfail('fail-canary')"),
                   asio::detached);
  }
  loop.run();

  const auto spans = gateway.observatory.take_spans();
  ASSERT_EQ(spans.size(), static_cast<std::size_t>(kScripts * (2 + 2 * kCalls)));
  std::map<std::string, const SeenSpan*> by_id;
  for (const SeenSpan& span : spans) by_id[span.id] = &span;
  const std::map<std::string, std::string> parent_name{
      {"execute_tool_script", "tools/call execute_tool_script"},
      {"tools/call echo", "execute_tool_script"},
      {"tools/call own_echo", "tools/call echo"}};
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
    if (span.name == "tools/call own_echo") ASSERT_EQ(gateway.told.count(span.id), 1u);
  }
  for (const auto& [id, count] : children) {
    ASSERT_EQ(count, by_id[id]->name == "execute_tool_script" ? kCalls : 1);
  }

  // And nothing of what went through is in anything that was observed.
  for (const SeenSpan& span : spans) {
    for (const auto& [key, value] : span.attributes) ASSERT_THAT(value, Not(HasSubstr("canary")));
    for (const Attributes& event : span.events) {
      for (const auto& [key, value] : event) ASSERT_THAT(value, Not(HasSubstr("canary")));
    }
  }
  for (const SeenLog& record : gateway.observatory.take_logs()) {
    for (const auto& [key, value] : record.attributes) {
      ASSERT_THAT(value, Not(HasSubstr("canary")));
    }
  }
  EXPECT_THAT(gateway.observatory.providers->prometheus_text(), Not(HasSubstr("canary")));
  EXPECT_THAT(gateway.finished_log(), Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace larkspur::telemetry
