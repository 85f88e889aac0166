// Spans as a receiver reads them: the bytes, decoded by the generated classes of
// opentelemetry-proto.
#include "telemetry/span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opentelemetry/proto/trace/v1/trace.pb.h>

#include <string>
#include <thread>
#include <vector>

namespace larkspur::telemetry {
namespace {

namespace proto = opentelemetry::proto::trace::v1;

std::vector<proto::Span> take(Tracer& tracer, std::size_t at_most = 1'000) {
  std::string bytes;
  const std::size_t count = tracer.finished().take(bytes, at_most);
  proto::ScopeSpans scope;
  EXPECT_TRUE(scope.ParseFromString(bytes));
  EXPECT_EQ(scope.spans_size(), static_cast<int>(count));
  return {scope.spans().begin(), scope.spans().end()};
}

template <std::size_t N>
std::string bytes_of(const std::array<std::uint8_t, N>& id) {
  return {id.begin(), id.end()};
}

call::TraceContext parent(std::string_view state = {}, std::string_view flags = "01") {
  return *call::TraceContext::parse(
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-" + std::string(flags), state);
}

TEST(Span, EveryFieldArrives) {
  Tracer tracer(1.0, 8);
  const auto link = *call::TraceContext::parse(
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "other=1");
  call::TraceContext mine;
  {
    Span span(&tracer, {"tools/call", "read_file"}, SpanKind::kServer, parent("vendor=1"), link);
    mine = span.context();
    span.set("text", "some text");
    span.set("empty", "");
    span.set("number", std::int64_t{-7});
    span.set("big", std::int64_t{1} << 60);
    span.set("yes", true);
    span.exception("limit", "too many steps");
    span.fail("tool_error");
  }
  const auto spans = take(tracer);
  ASSERT_EQ(spans.size(), 1u);
  const proto::Span& span = spans[0];
  EXPECT_EQ(span.name(), "tools/call read_file");
  EXPECT_EQ(span.kind(), proto::Span::SPAN_KIND_SERVER);
  EXPECT_EQ(span.trace_id(), bytes_of(parent().trace_id));
  EXPECT_EQ(span.parent_span_id(), bytes_of(parent().span_id));
  EXPECT_EQ(span.span_id(), bytes_of(mine.span_id));
  EXPECT_EQ(span.trace_state(), "vendor=1");
  EXPECT_EQ(span.flags(), 1u);
  EXPECT_GT(span.start_time_unix_nano(), 1'700'000'000'000'000'000u);
  EXPECT_GE(span.end_time_unix_nano(), span.start_time_unix_nano());

  ASSERT_EQ(span.attributes_size(), 6);
  EXPECT_EQ(span.attributes(0).value().string_value(), "some text");
  EXPECT_TRUE(span.attributes(1).value().has_string_value());
  EXPECT_EQ(span.attributes(2).value().int_value(), -7);
  EXPECT_EQ(span.attributes(3).value().int_value(), std::int64_t{1} << 60);
  EXPECT_TRUE(span.attributes(4).value().bool_value());
  EXPECT_EQ(span.attributes(5).key(), "error.type");
  EXPECT_EQ(span.dropped_attributes_count(), 0u);

  ASSERT_EQ(span.events_size(), 1);
  EXPECT_EQ(span.events(0).name(), "exception");
  EXPECT_EQ(span.events(0).attributes(1).value().string_value(), "too many steps");
  EXPECT_GE(span.events(0).time_unix_nano(), span.start_time_unix_nano());
  ASSERT_EQ(span.links_size(), 1);
  EXPECT_EQ(span.links(0).span_id(), bytes_of(link.span_id));
  EXPECT_EQ(span.links(0).trace_state(), "other=1");
  EXPECT_EQ(span.status().code(), proto::Status::STATUS_CODE_ERROR);
  EXPECT_EQ(span.status().message(), "tool_error");
}

TEST(Span, ATraceOfItsOwnHasNoParent) {
  Tracer tracer(1.0, 8);
  {
    const Span span(&tracer, {"s", ""}, SpanKind::kInternal, {});
  }
  {
    const Span span(&tracer, {"s", ""}, SpanKind::kInternal, {});
  }
  const auto spans = take(tracer);
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].name(), "s");
  EXPECT_EQ(spans[0].parent_span_id(), "");
  EXPECT_EQ(spans[0].trace_id().size(), 16u);
  EXPECT_NE(spans[0].trace_id(), spans[1].trace_id());
  EXPECT_EQ(spans[0].links_size(), 0);
}

TEST(Span, ADecisionThatWasMadeIsKept) {
  Tracer none(0.0, 8), all(1.0, 8);
  const auto context_of = [](Tracer& tracer, const call::TraceContext& under) {
    const Span span(&tracer, {"s", ""}, SpanKind::kInternal, under);
    EXPECT_EQ(span.is_recording(), span.context().sampled());
    EXPECT_TRUE(span.context().valid());
    return span.context();
  };
  EXPECT_TRUE(context_of(none, parent()).sampled());
  EXPECT_FALSE(context_of(all, parent({}, "00")).sampled());
  EXPECT_EQ(context_of(all, parent({}, "00")).trace_id, parent().trace_id);
  EXPECT_FALSE(context_of(none, {}).sampled());
  EXPECT_TRUE(context_of(all, {}).sampled());
  EXPECT_EQ(take(none).size(), 1u);
  EXPECT_EQ(take(all).size(), 1u);
}

TEST(Span, ARatioIsKeptRoughly) {
  Tracer tracer(0.25, 1 << 14);
  for (int i = 0; i < 8'000; ++i) const Span span(&tracer, {"s", ""}, SpanKind::kInternal, {});
  const std::size_t sampled = take(tracer, 10'000).size();
  EXPECT_GT(sampled, 1'700u);
  EXPECT_LT(sampled, 2'300u);
}

TEST(Span, WhatDoesNotFitIsDroppedAndCounted) {
  Tracer tracer(1.0, 4);
  for (int i = 0; i < 10; ++i) const Span span(&tracer, {"s", ""}, SpanKind::kInternal, {});
  EXPECT_EQ(tracer.finished().dropped(), 6u);
  EXPECT_EQ(take(tracer, 3).size(), 3u);
  EXPECT_EQ(take(tracer).size(), 1u);
  {
    Span span(&tracer, {"s", ""}, SpanKind::kInternal, {});
    const std::string large(Span::kMaxBytes / 2, 'x');
    for (int i = 0; i < 3; ++i) span.set("large", large);
  }
  const auto spans = take(tracer);
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].attributes_size(), 1);
  EXPECT_EQ(spans[0].dropped_attributes_count(), 2u);
}

TEST(Span, ManyThreadsShareATracer) {
  Tracer tracer(1.0, 1 << 12);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        Span span(&tracer, {"tools/call", "x"}, SpanKind::kClient, {});
        span.set("i", std::int64_t{i});
      }
    });
  }
  std::size_t seen = 0;
  while (seen < 2'000) {
    tracer.finished().wait(std::chrono::milliseconds(1));
    for (const auto& span : take(tracer)) {
      EXPECT_EQ(span.attributes_size(), 1);
      ++seen;
    }
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(tracer.finished().dropped(), 0u);
}

}  // namespace
}  // namespace larkspur::telemetry
