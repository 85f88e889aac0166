#include "ops/workload/workload.h"

#include <gmock/gmock.h>

#include "ops/workload/quantity.h"

namespace larkspur::ops {
namespace {

using testing::DoubleNear;
using testing::HasSubstr;
using testing::Optional;

TEST(Quantity, EveryNotationOfKubernetes) {
  const auto is = [](double value) { return Optional(DoubleNear(value, value * 1e-12)); };
  EXPECT_THAT(parse_quantity("100m"), is(0.1));
  EXPECT_THAT(parse_quantity("2"), is(2));
  EXPECT_THAT(parse_quantity("1.5"), is(1.5));
  EXPECT_THAT(parse_quantity("250000n"), is(0.00025));
  EXPECT_THAT(parse_quantity("12u"), is(12e-6));
  EXPECT_THAT(parse_quantity("64Mi"), is(64.0 * 1024 * 1024));
  EXPECT_THAT(parse_quantity("1G"), is(1e9));
  EXPECT_THAT(parse_quantity("134217728"), is(128 * kMebibyte));  // bytes, not Mi
  EXPECT_THAT(parse_quantity("1.5Gi"), is(1536 * kMebibyte));
  EXPECT_THAT(parse_quantity("1E"), is(1e18));
  EXPECT_THAT(parse_quantity("12e6"), is(12e6));
  EXPECT_THAT(parse_quantity("1E+3"), is(1000));
  EXPECT_THAT(parse_quantity("0"), Optional(0.0));
}

TEST(Quantity, NothingElse) {
  for (const char* text : {"", "m", "-1", "+1", " 1", "1 ", "1MI", "1mi", "0x10", "inf", "nan",
                           "1e", "1e400", "1..2", "<unknown>", "1e99999999999"}) {
    EXPECT_EQ(parse_quantity(text), std::nullopt) << text;
  }
}

TEST(WorkloadKinds, AllNamesOfKubectlInAnyCase) {
  for (const char* name : {"Deployment", "deploy", "deployments", "DEPLOYMENTS.apps"}) {
    ASSERT_NE(workload_kind(name), nullptr) << name;
    EXPECT_EQ(workload_kind(name)->kind, "Deployment");
  }
  EXPECT_EQ(workload_kind("sts")->resource, "statefulsets.apps");
  EXPECT_FALSE(workload_kind("ds")->scales);
  for (const char* name : {"", "pod", "deployment/x", "deploy;ls"}) {
    EXPECT_EQ(workload_kind(name), nullptr) << name;
  }
}

std::string object(const std::string& selector, const std::string& pod) {
  return R"({"spec":{"replicas":3,"selector":)" + selector + R"(,"template":{"spec":)" + pod +
         R"(}},"status":{"readyReplicas":2}})";
}
constexpr const char* kOnePod = R"({"containers":[{"name":"a"}]})";

TEST(ReadWorkload, SumsWhatAPodAsksFor) {
  const auto workload = read_workload(object(R"({"matchLabels":{"app":"web"}})",
                                             R"({"containers":[
        {"resources":{"requests":{"cpu":"100m","memory":"64Mi"},"limits":{"memory":"134217728"}}},
        {"resources":{"requests":{"cpu":1}}},{}],
        "initContainers":[{"resources":{"requests":{"cpu":"5"}}},
        {"restartPolicy":"Always","resources":{"requests":{"cpu":"50m"}}}]})"));
  ASSERT_TRUE(workload) << workload.error().message;
  EXPECT_THAT(workload->requests.cores, Optional(DoubleNear(1.15, 1e-9)));
  EXPECT_THAT(workload->requests.bytes, Optional(64 * kMebibyte));
  EXPECT_EQ(workload->limits.cores, std::nullopt);
  EXPECT_THAT(workload->limits.bytes, Optional(128 * kMebibyte));
  EXPECT_EQ(workload->replicas, 3);
  EXPECT_EQ(workload->ready, 2);
  EXPECT_EQ(workload->selector, "app=web");
}

TEST(ReadWorkload, ZeroReplicasAreZero) {
  const auto none = read_workload(
      R"({"spec":{"replicas":0,"selector":{"matchLabels":{"a":"b"}},"template":{"spec":{"containers":[{}]}}}})");
  EXPECT_EQ(none->replicas, 0);
  const auto daemons = read_workload(
      R"({"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"spec":{"containers":[{}]}}},)"
      R"("status":{"desiredNumberScheduled":5,"numberReady":4}})");
  EXPECT_EQ(daemons->replicas, 5);
  EXPECT_EQ(daemons->ready, 4);
}

TEST(ReadWorkload, SelectorsOfEveryForm) {
  const auto selector = [](const std::string& text) {
    const auto workload = read_workload(object(text, kOnePod));
    return workload ? workload->selector : workload.error().message;
  };
  EXPECT_EQ(
      selector(R"({"matchLabels":{"app.kubernetes.io/name":"web","tier":""},"matchExpressions":[
      {"key":"a","operator":"In","values":["x","y"]},{"key":"b","operator":"NotIn","values":["z"]},
      {"key":"c","operator":"Exists"},{"key":"d","operator":"DoesNotExist"}]})"),
      "app.kubernetes.io/name=web,tier=,a in (x,y),b notin (z),c,!d");
  // A selector that could be anything else: a second selector, a flag, all pods.
  for (const char* bad :
       {R"({"matchLabels":{"app":"web' --all"}})", R"({"matchLabels":{"app":"a,b"}})", "{}",
        R"({"matchExpressions":[{"key":"a","operator":"Like","values":["x"]}]})",
        R"({"matchExpressions":[{"key":"a","operator":"In","values":["x) , b"]}]})"}) {
    EXPECT_THAT(selector(bad), HasSubstr("kubectl's answer")) << bad;
  }
}

TEST(ReadWorkload, WhatIsNoneIsNone) {
  for (const char* bad : {"", "[]", "{}", R"({"spec":{"template":{"spec":{"containers":[]}}}})"}) {
    EXPECT_FALSE(read_workload(bad)) << bad;
  }
}

TEST(ReadUsage, SumsItsRows) {
  const auto usage = read_usage("web-1   250m   64Mi   \n\nweb-2  1  1Gi");
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->pods, 2);
  EXPECT_DOUBLE_EQ(usage->cores, 1.25);
  EXPECT_DOUBLE_EQ(usage->bytes, 1088 * kMebibyte);
  EXPECT_EQ(read_usage("")->pods, 0);
  EXPECT_FALSE(read_usage("web-1 <unknown> <unknown>"));
  EXPECT_FALSE(read_usage("web-1"));
}

TEST(ReadRecommendation, TheFirstThatThereIs) {
  const auto found = read_recommendation(
      R"({"items":[{"metadata":{"labels":{"alpha.alibabacloud.com/recommendation-status":"Working"}},
      "status":{"recommendResources":{"containerRecommendations":[
      {"containerName":"app","target":{"cpu":"100m","memory":"268435456"}}]}}}]})");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->status, "Working");
  ASSERT_EQ((*found)->containers.size(), 1U);
  EXPECT_THAT((*found)->containers[0].target.bytes, Optional(256 * kMebibyte));
  EXPECT_EQ(*read_recommendation(R"({"items":[]})"), std::nullopt);
  EXPECT_EQ(*read_recommendation(R"({"items":[{"status":{}}]})"), std::nullopt);
  EXPECT_FALSE(read_recommendation("nothing"));
}

}  // namespace
}  // namespace larkspur::ops
