#include "telemetry/measured_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "telemetry/test_support.h"

namespace larkspur::telemetry {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class MeasuredToolsTest : public testing::Test {
 protected:
  MeasuredToolsTest() {
    caller.transport = "streamable_http";
    caller.request_id = "\"abc\"";
    caller.session_id = "s-1";
    caller.protocol_version = "2025-11-25";
    caller.client_name = "tester\n";
  }

  // Calls through a MeasuredTools whose next step gives `reply`.
  call::CallReply call(call::CallContext& context, call::CallReply reply) {
    FakeTools next([&](call::CallContext& inner, std::string_view,
                       std::string_view) -> Async<call::CallReply> {
      seen_trace = inner.trace;
      co_return reply;
    });
    MeasuredTools tools(next, observatory.with(), "gw");
    call::CallReply out;
    const auto work = [&]() -> Async<void> { out = co_await tools.call(context, "t", "{}"); };
    run(loop, work());
    return out;
  }

  // The same with a next step that throws.
  template <class Exception>
  void call_throwing(Exception exception) {
    FakeTools next(
        [&](call::CallContext&, std::string_view, std::string_view) -> Async<call::CallReply> {
          throw exception;
          co_return reply_of("{}");
        });
    MeasuredTools tools(next, observatory.with(), "gw");
    call::CallContext context(caller);
    context.tool = make_tool("t");
    const auto work = [&]() -> Async<void> {
      EXPECT_THROW(co_await tools.call(context, "t", "{}"), Exception);
    };
    run(loop, work());
  }

  EventLoop loop;
  Observatory observatory;
  call::Caller caller;
  call::TraceContext seen_trace;
};

TEST_F(MeasuredToolsTest, AClientsCallIsAServerSpanBelowTheClientsTrace) {
  call::CallContext context(caller);
  context.tool = make_tool("github_get_issue");
  context.trace = client_trace();
  EXPECT_TRUE(call(context, reply_of("{}")));

  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), 1u);
  const SeenSpan& span = spans[0];
  EXPECT_EQ(span.name, "tools/call github_get_issue");
  EXPECT_EQ(span.kind, SpanKind::kServer);
  EXPECT_EQ(span.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(span.parent_id, "00f067aa0ba902b7");
  EXPECT_FALSE(span.failed);
  EXPECT_THAT(span.attributes, Contains(Pair("mcp.method.name", "tools/call")));
  EXPECT_THAT(span.attributes, Contains(Pair("gen_ai.tool.name", "github_get_issue")));
  EXPECT_THAT(span.attributes, Contains(Pair("jsonrpc.request.id", "abc")));
  EXPECT_THAT(span.attributes, Contains(Pair("mcp.session.id", "s-1")));
  EXPECT_THAT(span.attributes, Contains(Pair("mcp.client.name", "tester\\x0a")));
  EXPECT_THAT(span.attributes, Contains(Pair("network.transport", "tcp")));

  // What happens inside happens below this span, and the record that closes later can name it.
  EXPECT_EQ(seen_trace.span_id_hex(), span.id);
  EXPECT_EQ(context.trace.span_id_hex(), span.id);

  EXPECT_THAT(observatory.providers->prometheus_text(),
              HasSubstr("toolhive_mcp_tool_calls_total{origin=\"client\",server=\"gw\","
                        "status=\"success\",tool=\"github_get_issue\"} 1\n"));
}

TEST_F(MeasuredToolsTest, WithoutAClientsTraceTheSpanIsARoot) {
  call::CallContext context(caller);
  context.tool = make_tool("t");
  call(context, reply_of("{}"));
  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].parent_id, "");
}

TEST_F(MeasuredToolsTest, TheRequestThatCarriedTheCallIsALink) {
  call::CallContext context(caller);
  context.tool = make_tool("t");
  context.trace = client_trace();
  context.carrier =
      *call::TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  call(context, reply_of("{}"));
  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].parent_id, "00f067aa0ba902b7");
  EXPECT_THAT(spans[0].links, testing::ElementsAre("b7ad6b7169203331"));
}

TEST_F(MeasuredToolsTest, ADeniedCallIsOneToOperatorsOnly) {
  call::CallContext context(caller);
  context.denied = true;
  const call::CallReply reply = call(context, call::unknown_tool("t"));
  EXPECT_EQ(reply.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(observatory.take_spans().at(0).attributes.at("error.type"), "denied");
}

TEST_F(MeasuredToolsTest, AScriptsCallIsAnInnerSpan) {
  call::CallContext outer(caller);
  call::CallContext context(caller);
  context.parent = &outer;
  context.trace = client_trace();
  context.tool = make_tool("t");
  context.call_index = 12;
  context.in_parallel = true;
  context.place = "3/7";
  call(context, reply_of("{}"));
  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].kind, SpanKind::kInternal);
  EXPECT_THAT(spans[0].attributes, Contains(Pair("script.call_index", "12")));
  EXPECT_THAT(spans[0].attributes, Contains(Pair("script.parallel_task", "7")));
  EXPECT_THAT(spans[0].attributes, Not(Contains(Pair("network.transport", testing::_))));
  const std::string metrics = observatory.providers->prometheus_text();
  EXPECT_THAT(metrics, HasSubstr("origin=\"script\""));
  EXPECT_THAT(metrics, Not(HasSubstr("mcp_server_operation_duration")));
}

TEST_F(MeasuredToolsTest, EveryWayToFailHasItsErrorType) {
  call::CallContext context(caller);
  context.tool = make_tool("t");
  call(context, reply_of("{}", true));
  call(context, call::call_fail(ErrorCode::kTimeout, call::FailureStage::kTimeout, "secret text"));
  call(context, std::unexpected(call::CallError{.rpc_code = -32602}));
  call(context, std::unexpected(call::CallError{.rpc_code = 123456}));
  call_throwing(boost::system::system_error(asio::error::operation_aborted));
  call_throwing(std::runtime_error("secret text"));

  std::vector<std::string> types;
  for (const SeenSpan& span : observatory.take_spans()) {
    EXPECT_TRUE(span.failed);
    types.push_back(span.attributes.at("error.type"));
    for (const auto& [key, value] : span.attributes) EXPECT_THAT(value, Not(HasSubstr("secret")));
  }
  EXPECT_THAT(types, testing::ElementsAre("tool_error", "timeout", "-32602", "_OTHER", "cancelled",
                                          "internal"));
  const std::string metrics = observatory.providers->prometheus_text();
  EXPECT_THAT(metrics, HasSubstr("status=\"error\",tool=\"t\"} 6\n"));
  EXPECT_THAT(metrics, HasSubstr("error_type=\"tool_error\""));
}

TEST_F(MeasuredToolsTest, ACallThatIsDestroyedWhileItWaitsIsCancelled) {
  FakeTools next(
      [](call::CallContext&, std::string_view, std::string_view) -> Async<call::CallReply> {
        Timer forever(co_await asio::this_coro::executor, SteadyClock::time_point::max());
        co_await forever.async_wait(kAwait);
        co_return reply_of("{}");
      });
  MeasuredTools tools(next, observatory.with(), "gw");
  call::CallContext context(caller);
  {
    EventLoop doomed;
    const auto work = [&]() -> Async<void> { co_await tools.call(context, "t", "{}"); };
    asio::co_spawn(doomed, work(), asio::detached);
    doomed.poll();
    EXPECT_TRUE(observatory.take_spans().empty());
  }
  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].attributes.at("error.type"), "cancelled");
}

TEST_F(MeasuredToolsTest, InventedNamesMakeNoSeries) {
  FakeTools next(
      [](call::CallContext&, std::string_view tool, std::string_view) -> Async<call::CallReply> {
        co_return call::unknown_tool(tool);
      });
  MeasuredTools tools(next, observatory.with(), "gw");
  const auto work = [&]() -> Async<void> {
    for (int i = 0; i < 10'000; ++i) {
      call::CallContext context(caller);
      co_await tools.call(context, "invented_" + std::to_string(i), "{}");
    }
  };
  run(loop, work());
  const std::string metrics = observatory.providers->prometheus_text();
  EXPECT_THAT(metrics, HasSubstr("tool=\"_OTHER\"} 10000\n"));
  EXPECT_THAT(metrics, Not(HasSubstr("invented")));
  for (const SeenSpan& span : observatory.take_spans()) {
    ASSERT_EQ(span.name, "tools/call");
    ASSERT_EQ(span.attributes.at("gen_ai.tool.name"), "_OTHER");
  }
}

TEST_F(MeasuredToolsTest, WithoutATracerTheClientsTracePassesThrough) {
  Options options;
  options.traces = false;
  Observatory untraced(std::move(options));
  ASSERT_EQ(untraced.with().tracer, nullptr);
  FakeTools next(
      [&](call::CallContext& inner, std::string_view, std::string_view) -> Async<call::CallReply> {
        seen_trace = inner.trace;
        co_return reply_of("{}");
      });
  MeasuredTools tools(next, untraced.with(), "gw");
  call::CallContext context(caller);
  context.trace = client_trace();
  const auto work = [&]() -> Async<void> { co_await tools.call(context, "t", "{}"); };
  run(loop, work());
  EXPECT_EQ(seen_trace.traceparent(), client_trace().traceparent());
}

TEST_F(MeasuredToolsTest, AClientsDecisionNotToSampleIsKept) {
  call::CallContext context(caller);
  context.trace = client_trace();
  context.trace.flags = 0;
  call(context, reply_of("{}"));
  EXPECT_TRUE(observatory.take_spans().empty());
  EXPECT_EQ(seen_trace.flags, 0);
  EXPECT_EQ(seen_trace.trace_id, client_trace().trace_id);
}

}  // namespace
}  // namespace larkspur::telemetry
