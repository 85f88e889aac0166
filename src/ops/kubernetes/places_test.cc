#include "ops/kubernetes/places.h"

#include <gtest/gtest.h>

namespace larkspur::ops {
namespace {

TEST(Places, OneClusterCannotTakeThemAll) {
  Places places(3, 2);
  EXPECT_TRUE(places.try_take("a"));
  EXPECT_TRUE(places.try_take("a"));
  EXPECT_FALSE(places.try_take("a"));  // its own limit
  EXPECT_TRUE(places.try_take("b"));
  EXPECT_FALSE(places.try_take("c"));  // that of all
  places.give_back("a");
  EXPECT_TRUE(places.try_take("c"));
  places.give_back("a");
  EXPECT_TRUE(places.try_take("a"));
}

TEST(Places, TheOnlyClusterMayTakeThemAll) {
  Places places(3, 1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(places.try_take(""));
  EXPECT_FALSE(places.try_take(""));
  places.give_back("");
  EXPECT_TRUE(places.try_take(""));
}

}  // namespace
}  // namespace larkspur::ops
