#include "execlog/store/statistics.h"

#include <gtest/gtest.h>

namespace larkspur::execlog {
namespace {

TEST(Tally, PercentilesAreByTheNearestRank) {
  Tally tally;
  for (int ms = 100; ms >= 1; --ms) tally.add("t", ms == 7 ? "failed" : "success", ms);
  tally.add("slow", "timeout", 5'000'000'000);
  const auto rows = tally.rows();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "t");
  EXPECT_EQ(rows[0].calls, 100U);
  EXPECT_EQ(rows[0].errors, 1U);
  EXPECT_EQ(rows[0].p50_ms, 50);
  EXPECT_EQ(rows[0].p95_ms, 95);
  EXPECT_EQ(rows[0].p99_ms, 99);
  EXPECT_EQ(rows[0].longest_ms, 100);
  EXPECT_EQ(rows[1].errors, 1U);
  EXPECT_EQ(rows[1].p50_ms, 4'294'967'295);  // as long as four bytes can tell
  EXPECT_EQ(rows[1].p50_ms, rows[1].p99_ms);
}

}  // namespace
}  // namespace larkspur::execlog
