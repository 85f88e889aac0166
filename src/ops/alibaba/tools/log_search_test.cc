#include "ops/alibaba/tools/log_search.h"

#include <gtest/gtest.h>

namespace larkspur::ops::alibaba {
namespace {

std::string made(std::string_view value) {
  const auto text = condition("user.username", value);
  return text ? *text : "error";
}

TEST(LogCondition, AValueIsAlwaysAValue) {
  EXPECT_EQ(made("system:admin"), R"(user.username: "system:admin")");
  EXPECT_EQ(made("default or *\""), R"(user.username: "default or *\"")");
  EXPECT_EQ(made(R"(x" or verb: "delete)"), R"(user.username: "x\" or verb: \"delete")");
  EXPECT_EQ(made(R"(a\)"), R"(user.username: "a\\")");
}

TEST(LogCondition, OnlyAPlainPrefixTakesAStar) {
  EXPECT_EQ(made("alice*"), "user.username: alice*");
  EXPECT_EQ(made("kube-system.x@y_z*"), "user.username: kube-system.x@y_z*");
  for (const char* bad : {"*", "a b*", "x or *", "system:node:*", "a\"*", "a**", "a\nb", "\x7f"}) {
    EXPECT_EQ(made(bad), "error") << bad;
  }
}

}  // namespace
}  // namespace larkspur::ops::alibaba
