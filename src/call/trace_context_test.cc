#include "call/trace_context.h"

#include <gtest/gtest.h>

namespace larkspur::call {
namespace {

constexpr std::string_view kGood = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, ReadsAndWritesTheSameText) {
  const auto context = TraceContext::parse(kGood, "vendor=1");
  ASSERT_TRUE(context);
  EXPECT_EQ(context->traceparent(), kGood);
  EXPECT_EQ(context->trace_id_hex(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(context->flags, 1);
  EXPECT_EQ(context->state, "vendor=1");
}

TEST(TraceContext, RefusesWhatTheSpecificationCallsInvalid) {
  for (const std::string_view bad : {
           std::string_view(""),
           std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"),
           std::string_view("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
           std::string_view("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
           std::string_view("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
           std::string_view("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
           std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"),
           std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01"),
       }) {
    EXPECT_FALSE(TraceContext::parse(bad)) << bad;
  }
  EXPECT_TRUE(TraceContext::parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
}

}  // namespace
}  // namespace larkspur::call
