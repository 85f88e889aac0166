#include "gateway/clients/state_seal.h"

#include <gtest/gtest.h>

namespace larkspur::gateway {
namespace {

TEST(StateSeal, OpensWhatItSealed) {
  const StateSeal seal;
  for (const std::string inner : {"", "state", "a.b.c", "\n\xff"}) {
    EXPECT_EQ(seal.open(seal.seal(inner, "alice"), "alice"), inner);
  }
}

TEST(StateSeal, RefusesWhatWasChangedOrIsSomebodyElses) {
  const StateSeal seal;
  const std::string sealed = seal.seal("state", "alice");
  EXPECT_FALSE(seal.open(sealed, "mallory"));
  EXPECT_FALSE(seal.open(sealed + "x", "alice"));
  EXPECT_FALSE(StateSeal().open(sealed, "alice"));  // another process
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string forged = sealed;
    forged[i] ^= 1;
    EXPECT_FALSE(seal.open(forged, "alice")) << i;
    EXPECT_FALSE(seal.open(sealed.substr(0, i), "alice")) << i;
  }
}

TEST(StateSeal, Expires) {
  const StateSeal seal(std::chrono::seconds(-1));
  EXPECT_FALSE(seal.open(seal.seal("state", "alice"), "alice"));
}

}  // namespace
}  // namespace larkspur::gateway
