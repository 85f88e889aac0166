#include "telemetry/measured_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/test_support.h"

namespace larkspur::telemetry {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

call::CallReply call_backend(Observatory& observatory, FakeBackend& backend,
                             call::CallContext& context) {
  MeasuredBackend measured(backend, observatory.with());
  EventLoop loop;
  call::CallReply out;
  const auto work = [&]() -> Async<void> {
    out = co_await measured.call(context, "get_issue", R"({"q":"argument-canary"})");
  };
  run(loop, work());
  return out;
}

TEST(MeasuredBackend, TheBackendIsToldOfTheClientSpan) {
  Observatory observatory;
  call::TraceContext told;
  FakeBackend backend({"github", "streamable-http", "https://user:pw@h.example/mcp?key=secret#x"},
                      [&](call::CallContext& context) -> Async<call::CallReply> {
                        told = context.trace;
                        co_return reply_of(R"({"content":"result-canary"})");
                      });
  call::Caller caller;
  call::CallContext context(caller);
  context.trace = client_trace();
  EXPECT_TRUE(call_backend(observatory, backend, context));

  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "tools/call get_issue");
  EXPECT_EQ(spans[0].kind, SpanKind::kClient);
  EXPECT_EQ(spans[0].parent_id, client_trace().span_id_hex());
  EXPECT_EQ(told.span_id_hex(), spans[0].id);
  EXPECT_EQ(told.trace_id_hex(), spans[0].trace_id);
  EXPECT_EQ(context.trace.span_id_hex(), client_trace().span_id_hex()) << "restored afterwards";
  EXPECT_THAT(spans[0].attributes, Contains(Pair("target.base_url", "https://h.example/mcp")));
  EXPECT_THAT(spans[0].attributes, Contains(Pair("target.workload_name", "github")));
  EXPECT_THAT(spans[0].attributes, Contains(Pair("action", "call_tool")));

  const std::string metrics = observatory.providers->prometheus_text();
  EXPECT_THAT(metrics, HasSubstr("toolhive_vmcp_backend_requests_total{action=\"call_tool\","));
  EXPECT_THAT(metrics, HasSubstr("toolhive_vmcp_backend_requests_duration_seconds_bucket{"));
  EXPECT_THAT(metrics, HasSubstr("mcp_client_operation_duration_seconds_count{"));
  EXPECT_THAT(metrics, Not(HasSubstr("toolhive_vmcp_backend_errors")));
  EXPECT_THAT(metrics, Not(HasSubstr("canary")));
  EXPECT_THAT(metrics, Not(HasSubstr("secret")));
}

TEST(MeasuredBackend, AResultWithIsErrorIsAnError) {
  Observatory observatory;
  FakeBackend backend({"files", "stdio", ""}, [](call::CallContext&) -> Async<call::CallReply> {
    co_return reply_of("{}", true);
  });
  call::Caller caller;
  call::CallContext context(caller);
  call_backend(observatory, backend, context);
  const auto spans = observatory.take_spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_TRUE(spans[0].failed);
  EXPECT_EQ(spans[0].attributes.at("error.type"), "tool_error");
  const std::string metrics = observatory.providers->prometheus_text();
  EXPECT_THAT(metrics, HasSubstr("toolhive_vmcp_backend_errors_total{action=\"call_tool\","
                                 "error_type=\"tool_error\""));
  EXPECT_THAT(metrics, HasSubstr("network_transport=\"pipe\""));
}

}  // namespace
}  // namespace larkspur::telemetry
