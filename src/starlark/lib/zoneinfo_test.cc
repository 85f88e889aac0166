#include "starlark/lib/zoneinfo.h"

#include <gtest/gtest.h>

namespace larkspur::starlark::lib {
namespace {

// A file of version 2 with one type, "AAA" one hour east of UTC, no transitions, and a rule.
std::string file_with(std::string_view rule) {
  const auto number = [](unsigned n) {
    return std::string{static_cast<char>(n >> 24), static_cast<char>(n >> 16),
                       static_cast<char>(n >> 8), static_cast<char>(n)};
  };
  std::string header = "TZif2" + std::string(15, '\0');
  for (const unsigned count : {0u, 0u, 0u, 0u, 1u, 4u}) header += number(count);
  const std::string block = number(3600) + std::string(2, '\0') + std::string("AAA\0", 4);
  return header + block + header + block + "\n" + std::string(rule) + "\n";
}

std::string at(const ZoneRules& rules, std::int64_t seconds) {
  const auto local = rules.at(seconds);
  return local.abbreviation + " " + std::to_string(local.offset);
}

TEST(Zoneinfo, FollowsItsRule) {
  const auto rules = ZoneRules::parse(file_with("CET-1CEST,M3.5.0,M10.5.0/3"));
  ASSERT_TRUE(rules);
  EXPECT_EQ(at(*rules, 1711846799), "CET 3600");   // 2024-03-31T00:59:59Z
  EXPECT_EQ(at(*rules, 1711846800), "CEST 7200");  // a second later
  EXPECT_EQ(at(*rules, 1729990799), "CEST 7200");  // 2024-10-27T00:59:59Z
  EXPECT_EQ(at(*rules, 1729990800), "CET 3600");
  EXPECT_EQ(rules->offset_of_local(1720000000), 7200);
  EXPECT_EQ(rules->offset_of_local(1705000000), 3600);
}

TEST(Zoneinfo, KnowsTheSouthAndOtherForms) {
  const auto sydney = ZoneRules::parse(file_with("AEST-10AEDT,M10.1.0,M4.1.0/3"));
  EXPECT_EQ(at(*sydney, 1704067200), "AEDT 39600");  // January
  EXPECT_EQ(at(*sydney, 1719792000), "AEST 36000");  // July
  const auto fixed = ZoneRules::parse(file_with("<+0530>-5:30"));
  EXPECT_EQ(at(*fixed, 0), "+0530 19800");
  const auto days = ZoneRules::parse(file_with("QQQ3YYY2,J60/0,300/0"));
  EXPECT_EQ(at(*days, 1709262000), "YYY -7200");  // 2024-03-01T03:00:00Z: day 60, leap or not
  EXPECT_EQ(at(*days, 1709261999), "QQQ -10800");
}

TEST(Zoneinfo, RefusesWhatIsNoZone) {
  EXPECT_FALSE(ZoneRules::parse(""));
  EXPECT_FALSE(ZoneRules::parse("TZif"));
  const std::string good = file_with("UTC0");
  for (std::size_t size = 0; size < good.size() - 7; ++size)
    EXPECT_FALSE(ZoneRules::parse(std::string_view(good).substr(0, size))) << size;
  for (const char* name :
       {"", "../etc/passwd", "/etc/passwd", "Europe/../UTC", "No/Such", "Europe"})
    EXPECT_EQ(load_zone(name), nullptr) << name;
}

TEST(Zoneinfo, ReadsTheHosts) {
  const auto berlin = load_zone("Europe/Berlin");
  if (berlin == nullptr) GTEST_SKIP() << "this host has no zones";
  EXPECT_EQ(at(*berlin, 1720000000), "CEST 7200");
  EXPECT_EQ(at(*berlin, 1705000000), "CET 3600");
  EXPECT_EQ(at(*berlin, 4102444800), "CET 3600");  // 2100
  EXPECT_EQ(at(*load_zone("America/New_York"), 1720000000), "EDT -14400");
}

}  // namespace
}  // namespace larkspur::starlark::lib
