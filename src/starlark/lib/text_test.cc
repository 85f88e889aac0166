// Floats as text, and what we know of Unicode.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "starlark/lib/float_text.h"
#include "starlark/lib/unicode.h"

namespace larkspur::starlark {
namespace {

std::string shown(double d) {
  std::string text;
  append_float(d, text);
  return text;
}

TEST(FloatText, LooksLikeAFloat) {
  EXPECT_EQ(shown(0.0), "0.0");
  EXPECT_EQ(shown(-0.0), "-0.0");
  EXPECT_EQ(shown(1.0), "1.0");
  EXPECT_EQ(shown(0.1), "0.1");
  EXPECT_EQ(shown(-2.5), "-2.5");
  EXPECT_EQ(shown(1e15), "1000000000000000.0");
  EXPECT_EQ(shown(1e16), "1e+16");
  EXPECT_EQ(shown(123456789.125), "123456789.125");
  EXPECT_EQ(shown(1.5e-7), "1.5e-07");
  EXPECT_EQ(shown(0.0001), "0.0001");
  EXPECT_EQ(shown(5e-324), "5e-324");
  EXPECT_EQ(shown(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(shown(std::numeric_limits<double>::infinity()), "+inf");
  EXPECT_EQ(shown(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(shown(-std::nan("")), "nan");
}

TEST(FloatText, ReadsBackAsTheSame) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    const double d = std::bit_cast<double>(random());
    if (!std::isfinite(d)) continue;
    const std::string text = shown(d);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)),
              std::bit_cast<std::uint64_t>(d))
        << text;
    EXPECT_NE(text.find_first_of(".e"), text.npos) << text;
  }
}

TEST(FloatText, Styles) {
  const auto styled = [](double d, FloatStyle style) {
    std::string text;
    append_float(d, style, text);
    return text;
  };
  EXPECT_EQ(styled(-1.5, {'f', 2, false}), "1.50");
  EXPECT_EQ(styled(1e300, {'f', 0, false}).size(), 301u);
  EXPECT_EQ(styled(12.0, {'g', 6, true}), "12.0000");
  EXPECT_EQ(styled(0.1, {'E', 3, false}), "1.000E-01");
  EXPECT_EQ(styled(0.1, {'f', 4096, false}).size(), 4098u);
}

TEST(Unicode, CaseGoesThereAndBack) {
  int cased = 0;
  for (char32_t c = 0; c < 0x11000; ++c) {
    const char32_t lower = to_lower(c), upper = to_upper(c);
    if (to_title(c) != upper) continue;  // digraphs
    EXPECT_FALSE(lower != c && upper != c) << static_cast<unsigned>(c);
    EXPECT_EQ(to_lower(lower), lower) << static_cast<unsigned>(c);
    EXPECT_EQ(to_upper(upper), upper) << static_cast<unsigned>(c);
    if (lower != c || upper != c) {
      ++cased;
      EXPECT_TRUE(is_letter(c)) << static_cast<unsigned>(c);
    }
  }
  EXPECT_GT(cased, 900);
  EXPECT_EQ(to_upper(U'ÿ'), U'Ÿ');
  EXPECT_EQ(to_lower(U'Ё'), U'ё');
  EXPECT_EQ(to_lower(U'Ω'), U'ω');
  EXPECT_EQ(to_upper(U'ž'), U'Ž');
  EXPECT_EQ(to_upper(U'ß'), U'ß');
  EXPECT_EQ(to_lower(U'ǈ'), U'ǉ');
  EXPECT_EQ(to_title(U'ǉ'), U'ǈ');
}

TEST(Unicode, Classes) {
  EXPECT_TRUE(is_letter(U'漢') && is_letter(U'한') && is_letter(U'ي'));
  EXPECT_FALSE(is_letter(U'×') || is_letter(U'1') || is_letter(U'€'));
  EXPECT_TRUE(is_digit(U'٣') && is_digit(U'９'));
  EXPECT_FALSE(is_digit(U'½'));
  EXPECT_TRUE(is_space(U'\u2003') && is_space(U'\u00a0') && is_space(U'\n'));
  EXPECT_FALSE(is_space(U'\u200b'));
}

}  // namespace
}  // namespace larkspur::starlark
