#include "ops/prometheus/answer.h"

#include <gmock/gmock.h>

namespace larkspur::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PrometheusAnswer answer(std::string body, AnswerLimits limits = {}) {
  auto read = read_answer(std::move(body), limits);
  EXPECT_TRUE(read && *read);
  return read && *read ? std::move(**read) : PrometheusAnswer{};
}

TEST(PrometheusAnswer, Ac10EveryTypeHasOneForm) {
  EXPECT_EQ(
      answer(
          R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1.5,"2"]}]}})")
          .result,
      R"([{"metric":{"a":"b"},"values":[[1.5,"2"]]}])");
  EXPECT_EQ(
      answer(
          R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"],[2,"3"]]}]}})")
          .result,
      R"([{"metric":{},"values":[[1,"2"],[2,"3"]]}])");
  EXPECT_EQ(
      answer(R"({"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}})").result,
      R"([{"metric":{},"values":[[1,"NaN"]]}])");
  EXPECT_EQ(
      answer(R"({"status":"success","data":{"resultType":"string","result":[1,"text"]}})").result,
      R"([{"metric":{},"values":[[1,"text"]]}])");
  EXPECT_EQ(
      answer(
          R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"2"}]}]}})")
          .result,
      R"([{"metric":{},"values":[],"histograms":[[1,{"count":"2"}]]}])");
  EXPECT_EQ(answer(R"({"status":"success","data":{"resultType":"vector","result":[]}})").result,
            "[]");
}

TEST(PrometheusAnswer, WarningsAreKept) {
  EXPECT_THAT(
      answer(
          R"({"status":"success","warnings":["slow"],"infos":["not a counter"],"data":{"resultType":"vector","result":[]}})")
          .warnings,
      ElementsAre("slow", "not a counter"));
}

TEST(PrometheusAnswer, AnErrorIsAnErrorInA200Too) {
  const auto read =
      read_answer(R"({"status":"error","errorType":"bad_data","error":"parse error"})", {});
  ASSERT_TRUE(read);
  ASSERT_FALSE(*read);
  EXPECT_EQ((*read).error().type, "bad_data");
  EXPECT_EQ((*read).error().message, "parse error");
}

TEST(PrometheusAnswer, LimitsHoldAndAreTold) {
  const std::string body =
      R"({"status":"success","data":{"resultType":"matrix","result":[)"
      R"({"metric":{"i":"0"},"values":[[1,"1"],[2,"2"]]},{"metric":{"i":"1"},"values":[[1,"1"],[2,"2"]]},{"metric":{"i":"2"},"values":[[1,"1"]]}]}})";
  const PrometheusAnswer series = answer(body, {.max_series = 1, .max_samples = 100});
  EXPECT_EQ(series.result, R"([{"metric":{"i":"0"},"values":[[1,"1"],[2,"2"]]}])");
  EXPECT_TRUE(series.truncated);
  EXPECT_EQ(series.series, 3u);
  EXPECT_EQ(series.samples, 5u);
  const PrometheusAnswer samples = answer(body, {.max_series = 100, .max_samples = 3});
  EXPECT_EQ(
      samples.result,
      R"([{"metric":{"i":"0"},"values":[[1,"1"],[2,"2"]]},{"metric":{"i":"1"},"values":[[1,"1"]]}])");
  EXPECT_TRUE(samples.truncated);
  EXPECT_FALSE(answer(body, {.max_series = 3, .max_samples = 5}).truncated);
}

TEST(PrometheusAnswer, WhatIsNoneIsRefused) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"status":"success"})",
                           R"({"status":"success","data":{"resultType":"vector","result":[1]}})",
                           R"({"status":"success","data":{"resultType":"cake","result":[]}})"}) {
    const auto read = read_answer(body, {});
    ASSERT_FALSE(read) << body;
    EXPECT_THAT(read.error().message, HasSubstr("no answer of a Prometheus server"));
  }
}

}  // namespace
}  // namespace larkspur::ops
