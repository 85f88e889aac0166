#include "starlark/lib/bigint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <vector>

namespace larkspur::starlark::bigint {
namespace {

// A Number that owns its limbs.
class Owned {
 public:
  Owned() = default;
  explicit Owned(Number n)
      : limbs_(n.magnitude.begin(), n.magnitude.end()), negative_(n.negative) {}
  static Owned hex(std::string_view text) {
    Owned result;
    result.negative_ = text.starts_with('-');
    if (result.negative_) text.remove_prefix(1);
    return parse(text, 16, result.negative_);
  }
  static Owned parse(std::string_view digits, unsigned base, bool negative = false) {
    std::vector<Limb> room(parse_limbs(digits.size(), base));
    auto number = bigint::parse(digits, base, room);
    EXPECT_TRUE(number) << digits;
    Owned result(*number);
    result.negative_ = negative && !number->is_zero();
    return result;
  }
  Number view() const { return {limbs_, negative_}; }
  std::string text(unsigned base = 16) const {
    std::string out;
    append_text(view(), base, out);
    EXPECT_LE(out.size(), to_text_size(view(), base));
    return out;
  }

 private:
  std::vector<Limb> limbs_;
  bool negative_ = false;
};

using Binary = Number (*)(Number, Number, std::span<Limb>);
Owned apply(Binary op, const Owned& a, const Owned& b) {
  std::vector<Limb> room(std::max(add_limbs(a.view(), b.view()), mul_limbs(a.view(), b.view())));
  return Owned(op(a.view(), b.view(), room));
}
std::pair<Owned, Owned> divide(const Owned& a, const Owned& b) {
  std::vector<Limb> q(quotient_limbs(a.view(), b.view())), r(remainder_limbs(a.view(), b.view()));
  const auto result = divmod(a.view(), b.view(), q, r);
  return {Owned(result.quotient), Owned(result.remainder)};
}
Owned shifted(Number (*op)(Number, std::size_t, std::span<Limb>), const Owned& a,
              std::size_t bits) {
  std::vector<Limb> room(shift_left_limbs(a.view(), bits));
  return Owned(op(a.view(), bits, room));
}
Owned small(std::int64_t value) {
  return Owned(Small(value).view());
}

Owned random_number(std::mt19937_64& random, std::size_t max_limbs) {
  std::vector<Limb> limbs(random() % (max_limbs + 1));
  const bool runs = random() % 3 == 0;
  for (Limb& limb : limbs) limb = runs ? (random() % 2 ? ~Limb{0} : 0) : random();
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
  return Owned(Number{limbs, !limbs.empty() && random() % 2 == 0});
}

TEST(Bigint, AgreesWithPython) {
  std::ifstream file("src/starlark/lib/testdata/bigint_vectors.txt");
  std::string line;
  int checked = 0;
  while (std::getline(file, line)) {
    std::istringstream in(line);
    std::string op, a_text, b_text, expected, expected_remainder;
    in >> op >> a_text >> b_text >> expected >> expected_remainder;
    const Owned a = Owned::hex(a_text);
    SCOPED_TRACE(line.substr(0, 200));
    ++checked;
    if (op == "text") {
      EXPECT_EQ(a.text(10), b_text);
      EXPECT_EQ(Owned::parse(b_text, 10).text(), a_text);
      continue;
    }
    const Owned b = Owned::hex(b_text);
    if (op == "add") EXPECT_EQ(apply(add, a, b).text(), expected);
    if (op == "sub") EXPECT_EQ(apply(sub, a, b).text(), expected);
    if (op == "mul") EXPECT_EQ(apply(mul, a, b).text(), expected);
    if (op == "and") EXPECT_EQ(apply(bit_and, a, b).text(), expected);
    if (op == "or") EXPECT_EQ(apply(bit_or, a, b).text(), expected);
    if (op == "xor") EXPECT_EQ(apply(bit_xor, a, b).text(), expected);
    if (op == "not") {
      std::vector<Limb> room(bit_not_limbs(a.view()));
      EXPECT_EQ(Owned(bit_not(a.view(), room)).text(), b_text);
    }
    if (op == "shl") {
      EXPECT_EQ(shifted(shift_left, a, *to_int64(b.view())).text(), expected);
    }
    if (op == "shr") {
      EXPECT_EQ(shifted(shift_right, a, *to_int64(b.view())).text(), expected);
    }
    if (op == "divmod") {
      const auto [quotient, remainder] = divide(a, b);
      EXPECT_EQ(quotient.text(), expected);
      EXPECT_EQ(remainder.text(), expected_remainder);
    }
  }
  EXPECT_GT(checked, 300);
}

TEST(Bigint, IdentitiesOfRandomNumbers) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 3000; ++i) {
    const std::size_t size = i % 50 == 0 ? 150 : 6;
    const Owned a = random_number(random, size), b = random_number(random, size);
    const Owned c = random_number(random, size);
    const Owned sum = apply(add, a, b);
    EXPECT_EQ(apply(sub, sum, b).text(), a.text());
    EXPECT_EQ(apply(mul, sum, c).text(), apply(add, apply(mul, a, c), apply(mul, b, c)).text());
    // a + b = (a ^ b) + 2 (a & b), and the same by or
    const Owned common = apply(bit_and, a, b);
    EXPECT_EQ(apply(add, apply(bit_xor, a, b), shifted(shift_left, common, 1)).text(), sum.text());
    EXPECT_EQ(apply(add, apply(bit_or, a, b), common).text(), sum.text());
    EXPECT_EQ(compare(a.view(), b.view()) < 0, apply(sub, a, b).view().negative);
    if (!b.view().is_zero()) {
      const auto [quotient, remainder] = divide(a, b);
      EXPECT_EQ(apply(add, apply(mul, quotient, b), remainder).text(), a.text());
      EXPECT_TRUE(remainder.view().is_zero() || remainder.view().negative == b.view().negative);
      const Owned zero;
      EXPECT_EQ(compare(remainder.view(), b.view()), b.view().negative ? 1 : -1);
    }
    const std::size_t bits = random() % 200;
    const Owned power = shifted(shift_left, small(1), bits);
    EXPECT_EQ(shifted(shift_right, a, bits).text(), divide(a, power).first.text());
    EXPECT_EQ(shifted(shift_left, a, bits).text(), apply(mul, a, power).text());
  }
}

TEST(Bigint, TextInEveryBase) {
  std::mt19937_64 random(11);
  for (unsigned base = 2; base <= 36; ++base) {
    for (std::size_t size : {0, 1, 3, 29, 30, 31, 61, 130, 400}) {
      Owned a = random_number(random, size);
      std::string text = a.text(base);
      const bool negative = text.starts_with('-');
      EXPECT_EQ(Owned::parse(text.substr(negative ? 1 : 0), base, negative).text(), a.text());
    }
  }
  EXPECT_EQ(Owned::parse(std::string(5000, '0') + "12", 10).text(10), "12");
  std::string power = "1" + std::string(20000, '0');
  EXPECT_EQ(Owned::parse(power, 10).text(10), power);
  EXPECT_EQ(Owned::parse("ZZ", 36).text(36), "zz");
  std::vector<Limb> room(10);
  EXPECT_FALSE(parse("", 10, room));
  EXPECT_FALSE(parse("12a", 10, room));
  EXPECT_FALSE(parse("1_0", 10, room));
}

TEST(Bigint, LargestNumberPrintsAndParses) {
  const Owned largest = apply(sub, shifted(shift_left, small(1), kMaxBits), small(1));
  EXPECT_EQ(bit_length(largest.view()), kMaxBits);
  const std::string text = largest.text(10);
  EXPECT_EQ(text.size(), 315653u);
  EXPECT_EQ(Owned::parse(text, 10).text(), std::string(kMaxBits / 4, 'f'));
}

TEST(Bigint, FitsInInt64) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  for (std::int64_t value : {kMin, kMin + 1, std::int64_t{-1}, std::int64_t{0}, kMax}) {
    EXPECT_EQ(to_int64(small(value).view()), value);
  }
  EXPECT_FALSE(to_int64(apply(add, small(kMax), small(1)).view()));
  EXPECT_FALSE(to_int64(apply(sub, small(kMin), small(1)).view()));
}

TEST(Bigint, DoublesAreExactAndRoundToEven) {
  for (double d : {0.0, 1.0, -1.0, 3.75, -3.75, 1e15, 9007199254740993.0, 1e22, -1e300,
                   1.7976931348623157e308}) {
    Limb room[kDoubleLimbs];
    const Number whole = from_double(d, room);
    EXPECT_EQ(to_double(whole), std::trunc(d)) << d;
    const int order = std::trunc(d) == d ? 0 : (d > 0 ? -1 : 1);
    EXPECT_EQ(compare(whole, d), order) << d;
  }
  EXPECT_EQ(to_double(Owned::parse("9007199254740993", 10).view()), 9007199254740992.0);
  EXPECT_EQ(to_double(Owned::parse("9007199254740995", 10).view()), 9007199254740996.0);
  const Owned half_up = apply(add, shifted(shift_left, small((1LL << 53) + 1), 200), small(1));
  EXPECT_EQ(to_double(half_up.view()), std::ldexp((1LL << 53) + 2, 200));
  EXPECT_FALSE(to_double(shifted(shift_left, small(1), 1024).view()));
  const Owned almost = apply(sub, shifted(shift_left, small(1), 1024), small(1));
  EXPECT_FALSE(to_double(almost.view()));
  EXPECT_EQ(compare(almost.view(), std::numeric_limits<double>::infinity()), -1);
  EXPECT_EQ(compare(almost.view(), -std::numeric_limits<double>::infinity()), 1);
  EXPECT_EQ(compare(small(2).view(), 2.5), -1);
  EXPECT_EQ(compare(small(-2).view(), -2.5), 1);
  EXPECT_EQ(compare(small(3).view(), 2.5), 1);
}

}  // namespace
}  // namespace larkspur::starlark::bigint
