#include "ops/time_range.h"

#include <gtest/gtest.h>

#include "ops/alibaba/testdata/vectors.h"

namespace larkspur::ops {
namespace {

constexpr EpochMs kNow = 1'768'464'000'000;  // 2026-01-15T08:00:00Z

// "2026-01-14T08:00:00Z"
std::string seconds(EpochMs when) {
  return to_iso8601(when).substr(0, 19) + "Z";
}

TEST(TimeRange, Ac11AllVectors) {
  const json::Value table = alibaba::vectors().root()["time_parsing"];
  EXPECT_EQ(table["now"].string(), seconds(kNow));
  for (const json::Value row : table["cases"].elements()) {
    std::string_view cells[4];
    std::size_t at = 0;
    for (const json::Value cell : row.elements()) cells[at++ & 3] = cell.string();
    SCOPED_TRACE(std::string(cells[0]) + " .. " + std::string(cells[1]));
    const auto range = parse_range(cells[0], cells[1], kNow);
    if (cells[2].starts_with("ERROR")) {
      ASSERT_FALSE(range);
      EXPECT_EQ(range.error().code, ErrorCode::kInvalidArgument);
    } else {
      ASSERT_TRUE(range) << range.error().message;
      EXPECT_EQ(seconds(range->start), cells[2]);
      EXPECT_EQ(seconds(range->end), cells[3]);
    }
  }
}

TEST(TimeRange, ErrorsNameTheArgumentAndSayWhatIsTaken) {
  EXPECT_EQ(parse_range("yesterday", "", kNow).error().message,
            "start_time: 'yesterday' is not a time: write 30m, 24h or 7d (so long ago), now, an "
            "ISO 8601 time such as 2026-01-15T08:00:00Z, or Unix seconds");
  EXPECT_TRUE(parse_range("1h", "x", kNow).error().message.starts_with("end_time: 'x'"));
  EXPECT_EQ(parse_range("1h", "2h", kNow).error().message,
            "start_time (2026-01-15T07:00:00.000Z) must be before end_time "
            "(2026-01-15T06:00:00.000Z)");
}

TEST(Moment, ManyWaysToWriteOne) {
  const auto moment = [](std::string_view text) {
    const auto parsed = parse_moment(text, kNow);
    return parsed ? to_iso8601(*parsed) : "error";
  };
  EXPECT_EQ(moment("2026-01-15"), "2026-01-15T00:00:00.000Z");
  EXPECT_EQ(moment("2026-01-15 08:30"), "2026-01-15T08:30:00.000Z");
  EXPECT_EQ(moment("2026-01-15T08:30:00.1234567-0130"), "2026-01-15T10:00:00.123Z");
  EXPECT_EQ(moment("45s"), "2026-01-15T07:59:15.000Z");
  for (const char* bad : {"", "2026-13-01", "2026-02-30", "2026-01-15T25:00:00Z", "-5m", "5x",
                          "2026-01-15T08:00:00+8", "2026-01-15T08:00:00.Z", "99999999999999999999",
                          "9999999999w", "now()", "1h30m"}) {
    EXPECT_EQ(moment(bad), "error") << bad;
  }
}

}  // namespace
}  // namespace larkspur::ops
