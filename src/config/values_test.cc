#include "config/values.h"

#include <gtest/gtest.h>

namespace larkspur::config {
namespace {

using std::chrono::milliseconds;

TEST(Values, Durations) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("30s"), milliseconds(30'000));
  EXPECT_EQ(parse_duration("1m30s"), milliseconds(90'000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  for (const char* bad : {"", "5", "s", "5 s", "-5s", "1.5s", "5sec", "5S", "1m30", "5µs", " 5s",
                          "99999999999999999999s", "9223372036854775807h"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Values, Sizes) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("4096B"), 4096u);
  EXPECT_EQ(parse_size("64KiB"), 65'536u);
  EXPECT_EQ(parse_size("16MiB"), 16u << 20);
  EXPECT_EQ(parse_size("1GiB"), 1u << 30);
  for (const char* bad : {"", "KiB", "64 KiB", "64KB", "64kib", "1KiB1B", "-1", "1.5MiB", "0x10",
                          "99999999999GiB", "18446744073709551616"}) {
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  }
}

TEST(Values, WrittenTextReadsBackTheSame) {
  for (const std::int64_t ms : {0, 1, 999, 1'000, 30'000, 60'000, 90'000, 7'200'000}) {
    EXPECT_EQ(parse_duration(format_duration(milliseconds(ms))), milliseconds(ms)) << ms;
  }
  for (const std::uint64_t size : {0ull, 1ull, 1023ull, 1024ull, 1ull << 20, (1ull << 30) + 1}) {
    EXPECT_EQ(parse_size(format_size(size)), size);
  }
  EXPECT_EQ(format_duration(milliseconds(60'000)), "60s");
  EXPECT_EQ(format_size(64u << 20), "64MiB");
}

}  // namespace
}  // namespace larkspur::config
