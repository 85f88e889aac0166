#include "ops/kubernetes/kubectl_version.h"

#include <gmock/gmock.h>

#include "ops/kubernetes/policy.h"

namespace larkspur::ops {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// As Debian 12's says it, and a new one that somebody else has built.
TEST(KubectlVersion, IsReadFromWhatKubectlSays) {
  const auto debian = read_kubectl_version(
      "{\n  \"clientVersion\": {\n    \"major\": \"1\",\n    \"minor\": \"20\",\n    "
      "\"gitVersion\": \"v1.20.2\"\n  }\n}\n");
  ASSERT_TRUE(debian);
  EXPECT_EQ(debian->text, "v1.20.2");
  EXPECT_EQ(debian->minor, 20);
  const auto built = read_kubectl_version(R"({"clientVersion":{"gitVersion":"v1.32.4-built"}})");
  ASSERT_TRUE(built);
  EXPECT_EQ(built->minor, 32);
  for (const char* said : {"", "bash: kubectl: command not found", R"({"gitVersion":"v2.0.0"})",
                           R"({"gitVersion":"v1.99999999999999999999.0"})"}) {
    EXPECT_FALSE(read_kubectl_version(said)) << said;
  }
}

TEST(KubectlVersion, WhatIsTooOldIsSaid) {
  const Command get = *admit_command("get pods", {});
  const Command events = *admit_command("events", {});
  EXPECT_THAT(too_old({"v1.20.2", 20}, get), IsEmpty());
  EXPECT_THAT(too_old({"v1.19.0", 19}, get), HasSubstr("at least 1.20"));
  EXPECT_THAT(too_old({"v1.20.2", 20}, events), HasSubstr("use: get events"));
  EXPECT_THAT(too_old({"v1.32.4", 32}, events), IsEmpty());
}

}  // namespace
}  // namespace larkspur::ops
