#include "starlark/vm/value.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "starlark/vm/context.h"

namespace larkspur::starlark {
namespace {

std::uint64_t bits_of(double d) {
  return std::bit_cast<std::uint64_t>(d);
}

double through_value(Context& context, double d) {
  return as_float(context.real(d));
}

TEST(Value, KeepsFloatsOfEveryExponent) {
  Context context(Limits{});
  std::mt19937_64 random(1);
  std::size_t inline_exponents = 0;
  for (std::uint64_t exponent = 0; exponent < 2048; ++exponent) {
    for (std::uint64_t sign : {0u, 1u}) {
      for (std::uint64_t mantissa :
           {std::uint64_t{0}, (std::uint64_t{1} << 52) - 1, random() >> 12}) {
        double d = std::bit_cast<double>(sign << 63 | exponent << 52 | mantissa);
        if (std::isnan(d)) {
          EXPECT_TRUE(std::isnan(through_value(context, d)));
        } else {
          EXPECT_EQ(bits_of(through_value(context, d)), bits_of(d)) << exponent;
        }
      }
    }
    inline_exponents += Value::fits_small_float(std::bit_cast<double>(exponent << 52));
  }
  EXPECT_EQ(inline_exponents, 512u);
}

TEST(Value, CommonFloatsNeedNoAllocation) {
  Context context(Limits{});
  std::size_t before = context.heap().used_bytes();
  for (double d : {0.0, -0.0, 1.0, -1.5, 1e70, 1e-70, std::numeric_limits<double>::infinity(),
                   std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(type_of(context.real(d)), Type::kFloat);
  }
  EXPECT_EQ(context.heap().used_bytes(), before);
}

TEST(Value, KeepsIntsAtTheEdges) {
  Context context(Limits{});
  for (std::int64_t i : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, Value::kMaxSmallInt,
                         Value::kMinSmallInt}) {
    Value v = context.integer(i);
    ASSERT_TRUE(v.is_small_int());
    EXPECT_EQ(v.as_small_int(), i);
  }
  for (std::int64_t i :
       {Value::kMaxSmallInt + 1, Value::kMinSmallInt - 1, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    Value v = context.integer(i);
    ASSERT_TRUE(is_object_of(v, Type::kInt));
    EXPECT_EQ(as_big_int(v)->negative(), i < 0);
  }
}

TEST(Value, SmallIntsAreNeverBig) {
  Context context(Limits{});
  std::uint64_t min[] = {std::uint64_t{1} << 61, 0, 0};
  EXPECT_TRUE(context.integer(min, true).same(Value::small_int(Value::kMinSmallInt)));
  EXPECT_TRUE(is_object_of(context.integer(min, false), Type::kInt));
}

TEST(Value, InlineStringsHoldSevenBytes) {
  Context context(Limits{});
  for (std::string_view text : {"", "a", "name", "seven77", "\xC3\xA9", "a\0b"}) {
    Value v = context.string(text);
    ASSERT_TRUE(v.is_inline_string());
    EXPECT_EQ(text_of(v), text);
    EXPECT_TRUE(v.same(Value::inline_string(text)));
  }
  EXPECT_FALSE(is_ascii(context.string("\xC3\xA9")));
  EXPECT_TRUE(is_ascii(context.string("abc")));
  Value longer = context.string("eight888");
  EXPECT_TRUE(longer.is_object());
  EXPECT_EQ(text_of(longer), "eight888");
}

TEST(Value, KindsExcludeEachOther) {
  Context context(Limits{});
  const std::pair<Value, Type> kAll[] = {
      {Value::none(), Type::kNone},          {Value::boolean(true), Type::kBool},
      {Value::boolean(false), Type::kBool},  {Value::small_int(-3), Type::kInt},
      {Value::small_float(2), Type::kFloat}, {Value::inline_string("x"), Type::kString},
      {Value::missing(), Type::kMark},       {Value::failed(), Type::kMark},
      {Value::pending(), Type::kMark},       {Value::host_function(7), Type::kHostFunction},
      {context.real(1e300), Type::kFloat},   {Value::object(context.list()), Type::kList},
  };
  for (auto [value, type] : kAll) EXPECT_EQ(type_of(value), type);
  EXPECT_EQ(Value::host_function(7).as_host_function(), 7u);
  EXPECT_TRUE(Value::boolean(false).is_bool());
  EXPECT_FALSE(Value::none().is_bool());
  EXPECT_FALSE(Value::missing().is_bool());
}

}  // namespace
}  // namespace larkspur::starlark
