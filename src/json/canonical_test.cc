#include "json/canonical.h"

#include <gtest/gtest.h>

namespace larkspur::json {
namespace {

std::string canonical_of(std::string text) {
  const auto document = Document::parse(std::move(text));
  EXPECT_TRUE(document);
  return document ? canonical(document->root()) : "";
}

// The example of RFC 8785, section 3.2.2 and 3.2.4.
TEST(Canonical, TheExampleOfTheSpecification) {
  EXPECT_EQ(canonical_of(R"({
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
})"),
            "{\"literals\":[null,true,false],"
            "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

// Section 3.2.3: the smiley (a surrogate pair) comes before U+FB33.
TEST(Canonical, NamesAreSortedByTheirUtf16Units) {
  EXPECT_EQ(
      canonical_of(
          R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})"),
      "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001F600\":5,\"\uFB33\":3}");
}

// Appendix B, and the borders of plain notation.
TEST(Canonical, NumbersAreWrittenAsEcmascriptDoes) {
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {"-0", "0"},
           {"-0.0", "0"},
           {"5e-324", "5e-324"},
           {"-5e-324", "-5e-324"},
           {"1.7976931348623157e308", "1.7976931348623157e+308"},
           {"9.007199254740992e15", "9007199254740992"},
           {"2.9514790517935283e20", "295147905179352830000"},
           {"9.999999999999997e22", "9.999999999999997e+22"},
           {"1e23", "1e+23"},
           {"1e21", "1e+21"},
           {"999999999999999900000.0", "999999999999999900000"},
           {"0.000001", "0.000001"},
           {"1e-7", "1e-7"},
           {"333333333.3333332", "333333333.3333332"},
           {"-12.5e1", "-125"},
           {"1.0", "1"},
           {"100", "100"}}) {
    EXPECT_EQ(canonical_of(from), to) << from;
  }
}

TEST(Canonical, IntegersKeepTheirDigits) {
  EXPECT_EQ(canonical_of("12345678901234567890"), "12345678901234567890");
  EXPECT_NE(canonical_of("9007199254740993"), canonical_of("9007199254740992"));
}

TEST(Canonical, IsItsOwnCanonicalForm) {
  const std::string once = canonical_of(R"({"b":[1.50,{"z":1,"a":" "}],"a":1e3})");
  EXPECT_EQ(once, R"({"a":1000,"b":[1.5,{"a":" ","z":1}]})");
  EXPECT_EQ(canonical_of(once), once);
}

}  // namespace
}  // namespace larkspur::json
