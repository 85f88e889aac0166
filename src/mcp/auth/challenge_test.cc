#include "mcp/auth/challenge.h"

#include <gtest/gtest.h>

namespace larkspur::mcp::auth {
namespace {

BearerChallenge read(std::string_view header) {
  const auto challenge = read_bearer_challenge(header);
  EXPECT_TRUE(challenge) << header;
  return challenge.value_or(BearerChallenge());
}

TEST(Challenge, WhatServersSend) {
  const BearerChallenge challenge = read(
      R"(Bearer resource_metadata="https://a.example/x?y=1,2", scope="a b", error=invalid_token)");
  EXPECT_EQ(challenge.resource_metadata, "https://a.example/x?y=1,2");
  EXPECT_EQ(challenge.scope, "a b");
  EXPECT_EQ(challenge.error, "invalid_token");
  EXPECT_EQ(read("bearer").scope, "");
  EXPECT_EQ(read(R"(Bearer SCOPE = "quoted \" inside")").scope, "quoted \" inside");
}

TEST(Challenge, OtherSchemesBeforeAndAfter) {
  EXPECT_EQ(
      read(R"(Basic realm="x, Bearer scope=no", Bearer scope="yes", Digest scope="no")").scope,
      "yes");
  EXPECT_FALSE(read_bearer_challenge(R"(Basic realm="Bearer")"));
  EXPECT_FALSE(read_bearer_challenge(""));
}

TEST(Challenge, WhatCannotBeReadIsPassedOver) {
  EXPECT_EQ(read(R"(,, Bearer ;;; scope="a)").scope, "a");
  EXPECT_EQ(read("Bearer scope=").scope, "");
  EXPECT_EQ(read("Bearer scope=\"\\").scope, "\\");
}

}  // namespace
}  // namespace larkspur::mcp::auth
