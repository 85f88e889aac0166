#include <gtest/gtest.h>

#include "starlark/lib/library_for_test.h"

namespace larkspur::starlark {
namespace {

struct Case {
  std::string_view receiver;  // JSON
  std::string_view method;
  std::string_view arguments;  // a JSON array
  std::string_view expected;   // repr, or "error"
};

class StringMethods : public testing::TestWithParam<Case> {};

TEST_P(StringMethods, Gives) {
  const Case& c = GetParam();
  LibraryForTest library;
  EXPECT_EQ(library.method(library.json(c.receiver), c.method, c.arguments), c.expected)
      << c.receiver << "." << c.method << c.arguments;
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Case, StringMethods, testing::Values(
    Case{R"("hello WORLD")", "upper", "[]", R"("HELLO WORLD")"},
    Case{R"("stra\u00dfe \u00c0\u03a3\u0414")", "lower", "[]", R"("straße àσд")"},
    Case{R"("\u00e9\u00ff\u03c2\u0434\u0451")", "upper", "[]", R"("ÉŸΣДЁ")"},
    Case{R"("hELLO wORLD")", "capitalize", "[]", R"("Hello world")"},
    Case{R"("it's a test-case")", "title", "[]", R"("It'S A Test-Case")"},
    Case{R"("aBc")", "swapcase", "[]", R"("AbC")"},
    Case{R"("\u03a3\u03c2\u03c3")", "casefold", "[]", R"("σσσ")"},
    Case{R"("")", "upper", "[]", R"("")"},
    Case{R"("x")", "upper", "[1]", "error"}));

INSTANTIATE_TEST_SUITE_P(Questions, StringMethods, testing::Values(
    Case{R"("abc1")", "isalnum", "[]", "True"}, Case{R"("")", "isalnum", "[]", "False"},
    Case{R"("abc1")", "isalpha", "[]", "False"}, Case{R"("\u00e9t\u00e9")", "isalpha", "[]", "True"},
    Case{R"("123")", "isdigit", "[]", "True"}, Case{R"("-1")", "isdigit", "[]", "False"},
    Case{R"("a1")", "islower", "[]", "True"}, Case{R"("1")", "islower", "[]", "False"},
    Case{R"("A1")", "isupper", "[]", "True"}, Case{R"("Aa")", "isupper", "[]", "False"},
    Case{R"(" \t\u3000")", "isspace", "[]", "True"}, Case{R"("")", "isspace", "[]", "False"},
    Case{R"("Hello World 1")", "istitle", "[]", "True"}, Case{R"("HEllo")", "istitle", "[]", "False"},
    Case{R"("hello World")", "istitle", "[]", "False"}));

INSTANTIATE_TEST_SUITE_P(Search, StringMethods, testing::Values(
    Case{R"("bonbon")", "find", R"(["on"])", "1"}, Case{R"("bonbon")", "find", R"(["on", 2])", "4"},
    Case{R"("bonbon")", "find", R"(["on", 2, 5])", "-1"}, Case{R"("bonbon")", "rfind", R"(["on"])", "4"},
    Case{R"("bonbon")", "rfind", R"(["on", null, 5])", "1"}, Case{R"("bonbon")", "find", R"(["on", -2])", "4"},
    Case{R"("h\u00e9llo")", "find", R"(["l"])", "2"}, Case{R"("\u00e9\u00e9x\u00e9")", "rfind", R"(["\u00e9"])", "3"},
    Case{R"("abc")", "find", R"([""])", "0"}, Case{R"("abc")", "rfind", R"([""])", "3"},
    Case{R"("abc")", "find", R"(["", 4])", "-1"}, Case{R"("abc")", "index", R"(["z"])", "error"},
    Case{R"("abc")", "index", R"(["c"])", "2"}, Case{R"("abc")", "rindex", R"(["z"])", "error"},
    Case{R"("aaaa")", "count", R"(["aa"])", "2"}, Case{R"("aaaa")", "count", R"([""])", "5"},
    Case{R"("hello world")", "count", R"(["o", 5])", "1"}, Case{R"("abc")", "count", "[1]", "error"},
    Case{R"("filename.star")", "endswith", R"([".star"])", "True"},
    Case{R"("filename.star")", "startswith", R"(["name", 4])", "True"},
    Case{R"("filename.star")", "startswith", R"(["name", 4, 7])", "False"},
    Case{R"("abc")", "startswith", "[1]", "error"}, Case{R"("abc")", "startswith", R"([["a"]])", "error"},
    Case{R"("foofoo")", "removeprefix", R"(["foo"])", R"("foo")"},
    Case{R"("foobar")", "removesuffix", R"(["bar"])", R"("foo")"},
    Case{R"("foobar")", "removesuffix", R"(["x"])", R"("foobar")"}));

INSTANTIATE_TEST_SUITE_P(Replace, StringMethods, testing::Values(
    Case{R"("banana")", "replace", R"(["a", "o"])", R"("bonono")"},
    Case{R"("banana")", "replace", R"(["a", "o", 2])", R"("bonona")"},
    Case{R"("banana")", "replace", R"(["a", "o", -1])", R"("bonono")"},
    Case{R"("banana")", "replace", R"(["a", "", 0])", R"("banana")"},
    Case{R"("b\u00e9")", "replace", R"(["", "-"])", R"("-b-é-")"},
    Case{R"("abc")", "replace", R"(["", "-", 2])", R"("-a-bc")"},
    Case{R"("aaa")", "replace", R"(["aa", "b"])", R"("ba")"},
    Case{R"("a.b.c.d.e.f.g.h.i.j.k")", "replace", R"([".", ", "])", R"("a, b, c, d, e, f, g, h, i, j, k")"}));

INSTANTIATE_TEST_SUITE_P(Split, StringMethods, testing::Values(
    Case{R"("a,b,,c")", "split", R"([","])", R"(["a", "b", "", "c"])"},
    Case{R"("a,b,c")", "split", R"([",", 1])", R"(["a", "b,c"])"},
    Case{R"("a,b,c")", "split", R"([",", 0])", R"(["a,b,c"])"},
    Case{R"("")", "split", R"([","])", R"([""])"}, Case{R"("")", "split", "[]", "[]"},
    Case{R"("  one two  three ")", "split", "[]", R"(["one", "two", "three"])"},
    Case{R"("  one two  three ")", "split", "[null, 1]", R"(["one", "two  three "])"},
    Case{R"("  one two  three ")", "split", "[null, 0]", R"(["one two  three "])"},
    Case{R"("one\u3000two\u00a0three")", "split", "[]", R"(["one", "two", "three"])"},
    Case{R"("a--b--c")", "split", R"(["--"])", R"(["a", "b", "c"])"},
    Case{R"("a")", "split", R"([""])", "error"}, Case{R"("a")", "split", "[1]", "error"},
    Case{R"("a,b,,c")", "rsplit", R"([",", 1])", R"(["a,b,", "c"])"},
    Case{R"("a,b")", "rsplit", R"([",", 5])", R"(["a", "b"])"},
    Case{R"(",a,")", "rsplit", R"([","])", R"(["", "a", ""])"},
    Case{R"("  one two  three ")", "rsplit", "[null, 1]", R"(["  one two", "three"])"},
    Case{R"("  one two  three ")", "rsplit", "[]", R"(["one", "two", "three"])"},
    Case{R"("a::b::c")", "rsplit", R"(["::", 1])", R"(["a::b", "c"])"},
    Case{R"("one\ntwo\r\nthree\rfour\n")", "splitlines", "[]", R"(["one", "two", "three", "four"])"},
    Case{R"("one\n\r\ntwo")", "splitlines", "[true]", R"(["one\n", "\r\n", "two"])"},
    Case{R"("")", "splitlines", "[]", "[]"},
    Case{R"("one/two/three")", "partition", R"(["/"])", R"(("one", "/", "two/three"))"},
    Case{R"("one/two/three")", "rpartition", R"(["/"])", R"(("one/two", "/", "three"))"},
    Case{R"("aaa")", "rpartition", R"(["aa"])", R"(("a", "aa", ""))"},
    Case{R"("one")", "partition", R"(["/"])", R"(("one", "", ""))"},
    Case{R"("one")", "rpartition", R"(["/"])", R"(("", "", "one"))"},
    Case{R"("one")", "partition", R"([""])", "error"}));

INSTANTIATE_TEST_SUITE_P(JoinStripPad, StringMethods, testing::Values(
    Case{R"(", ")", "join", R"([["a", "b", "\u00e9"]])", R"("a, b, é")"},
    Case{R"(",")", "join", "[[]]", R"("")"}, Case{R"(",")", "join", R"([["a", 1]])", "error"},
    Case{R"(",")", "join", R"(["abc"])", "error"}, Case{R"(",")", "join", R"([{"k": 1, "l": 2}])", R"("k,l")"},
    Case{R"("  hi \n")", "strip", "[]", R"("hi")"}, Case{R"("  hi ")", "lstrip", "[]", R"("hi ")"},
    Case{R"("  hi ")", "rstrip", "[]", R"("  hi")"}, Case{R"("xyhix")", "strip", R"(["xy"])", R"("hi")"},
    Case{R"("\u00e9\u00e9a\u00e9")", "strip", R"(["\u00e9"])", R"("a")"}, Case{R"("   ")", "strip", "[]", R"("")"},
    Case{R"("\u00a0x\u3000")", "strip", "[]", R"("x")"},
    Case{R"("7")", "zfill", "[3]", R"("007")"}, Case{R"("-7")", "zfill", "[4]", R"("-007")"},
    Case{R"("+\u00e9")", "zfill", "[3]", R"("+0é")"}, Case{R"("1234")", "zfill", "[3]", R"("1234")"},
    Case{R"("1")", "zfill", "[4097]", "error"}, Case{R"("a")", "ljust", "[3]", R"("a  ")"},
    Case{R"("a")", "rjust", R"([3, "\u00e9"])", R"("ééa")"}, Case{R"("a")", "rjust", R"([3, "xy"])", "error"},
    Case{R"("a")", "center", R"([4, "*"])", R"("*a**")"}, Case{R"("ab")", "center", R"([5, "*"])", R"("**ab*")"},
    Case{R"("a")", "ljust", R"(["3"])", "error"}, Case{R"("h\u00e9")", "elems", "[]", R"(["h", "é"])"},
    Case{R"("h\u00e9")", "codepoint_ords", "[]", "[104, 233]"},
    Case{R"("h\u00e9")", "encode", "[]", R"(b"h\xc3\xa9")"}, Case{R"("h")", "encode", R"(["latin-1"])", "error"}));

INSTANTIATE_TEST_SUITE_P(Format, StringMethods, testing::Values(
    Case{R"("a{}b{}c")", "format", "[1, \"x\"]", R"("a1bxc")"}, Case{R"("{1}{0}{1}")", "format", "[1, 2]", R"("212")"},
    Case{R"("{{}}{}")", "format", "[1]", R"("{}1")"}, Case{R"("{!r}|{!s}")", "format", R"(["a", "b"])", R"("\"a\"|b")"},
    Case{R"("{:>6.2f}|{:<5}|{:^5}|")", "format", R"([3.14159, "ab", "ab"])", R"("  3.14|ab   | ab  |")"},
    Case{R"("{:,}")", "format", "[1234567]", R"("1,234,567")"}, Case{R"("{:,.2f}")", "format", "[1234567.891]", R"("1,234,567.89")"},
    Case{R"("{:08,}")", "format", "[1234]", R"("0,001,234")"}, Case{R"("{:_x}")", "format", "[1048575]", R"("f_ffff")"},
    Case{R"("{:+d} {: d} {:05d}")", "format", "[5, 5, -5]", R"("+5  5 -0005")"},
    Case{R"("{:#x} {:#b} {:o} {:X}")", "format", "[255, 5, 8, 255]", R"("0xff 0b101 10 FF")"},
    Case{R"("{:.1%}")", "format", "[0.256]", R"("25.6%")"}, Case{R"("{:e} {:g}")", "format", "[12345.678, 12345.678]", R"("1.234568e+04 12345.7")"},
    Case{R"("{:*^9}")", "format", "[\"mid\"]", R"("***mid***")"}, Case{R"("{:.2}")", "format", "[\"abc\"]", R"("ab")"},
    Case{R"("{:>5}|{:5}")", "format", "[true, null]", R"(" True|None ")"}, Case{R"("{:10.3}")", "format", "[2.0]", R"("         2")"},
    Case{R"("{:c}")", "format", "[233]", R"("é")"}, Case{R"("{:=+8.1f}")", "format", "[3.5]", R"("+    3.5")"},
    Case{R"("{}")", "format", "[]", "error"}, Case{R"("{0}{}")", "format", "[1, 2]", "error"},
    Case{R"("{")", "format", "[]", "error"}, Case{R"("}")", "format", "[]", "error"}, Case{R"("{x}")", "format", "[]", "error"},
    Case{R"("{!x}")", "format", "[1]", "error"}, Case{R"("{:q}")", "format", "[1]", "error"}, Case{R"("{:d}")", "format", "[\"a\"]", "error"},
    Case{R"("{:4097}")", "format", "[1]", "error"}, Case{R"("{:99999999999999999999}")", "format", "[1]", "error"},
    Case{R"("{:.}")", "format", "[1.0]", "error"}));

TEST(StringMethods, FormatTakesKeywords) {
  LibraryForTest library;
  EXPECT_EQ(library.method(library.json(R"("{a}-{b:>3}")"), "format", "[]", R"({"a": 1, "b": "x"})"), R"("1-  x")");
}

struct Percent {
  std::string_view format, operand, expected;
};
class PercentOperator : public testing::TestWithParam<Percent> {};

TEST_P(PercentOperator, Gives) {
  const Percent& p = GetParam();
  LibraryForTest library;
  Value operand = library.json(p.operand);
  if (is_list(operand)) operand = library.context().tuple(as_list(operand)->values());  // a JSON array stands for a tuple
  EXPECT_EQ(library.repr(format_percent(library.context(), library.json(p.format), operand)), p.expected)
      << p.format << " % " << p.operand;
}

INSTANTIATE_TEST_SUITE_P(Case, PercentOperator, testing::Values(
    Percent{R"("%s is %d")", R"(["x", 3])", R"("x is 3")"}, Percent{R"("%s")", R"("solo")", R"("solo")"},
    Percent{R"("%r")", R"("solo")", R"("\"solo\"")"}, Percent{R"("100%%")", "[]", R"("100%")"},
    Percent{R"("%5.2f|%-6s|%6s|%05d")", R"([3.14159, "ab", "ab", 42])", R"(" 3.14|ab    |    ab|00042")"},
    Percent{R"("%x %X %o %i")", "[255, 255, 8, -3]", R"("ff FF 10 -3")"}, Percent{R"("%d")", "3.9", R"("3")"},
    Percent{R"("%+d % d")", "[3, 3]", R"("+3  3")"}, Percent{R"("%-5d|")", "42", R"("42   |")"},
    Percent{R"("%.3s")", R"("abcdef")", R"("abc")"}, Percent{R"("%c%c")", R"([233, "x"])", R"("éx")"},
    Percent{R"("%(a)s-%(b)03d")", R"({"a": 1, "b": 2})", R"("1-002")"}, Percent{R"("none")", R"({"a": 1})", R"("none")"},
    Percent{R"("%e")", "123.0", R"("1.230000e+02")"}, Percent{R"("%g")", "123", R"("123.0")"}, Percent{R"("%g")", "1e6", R"("1e+06")"},
    Percent{R"("%.3g")", "1234.5", R"("1.23e+03")"}, Percent{R"("%E")", "0.00012", R"("1.200000E-04")"},
    Percent{R"("%#x")", "255", R"("0xff")"}, Percent{R"("%d")", "123456789012345678901234567890", R"("123456789012345678901234567890")"},
    Percent{R"("%d")", R"("x")", "error"}, Percent{R"("%d")", "true", "error"}, Percent{R"("%f")", R"("x")", "error"},
    Percent{R"("%s %s")", "[1]", "error"}, Percent{R"("%s")", "[1, 2]", "error"}, Percent{R"("%")", "[1]", "error"},
    Percent{R"("%(a)s")", R"({"b": 1})", "error"}, Percent{R"("%(a)s")", "[1]", "error"}, Percent{R"("%(a")", R"({"a": 1})", "error"},
    Percent{R"("%y")", "1", "error"}, Percent{R"("%99999s")", "1", "error"}, Percent{R"("%.99999f")", "1.0", "error"},
    Percent{R"("%c")", R"("xy")", "error"}));

// clang-format on

// What a few characters of source must not be able to do.
TEST(StringMethods, AmplifyingStopsAtTheMemoryLimit) {
  Limits limits;
  limits.memory_bytes = 1u << 20;
  const std::string text = "\"" + std::string(300'000, 'a') + "\"";
  for (auto [method, arguments] : std::initializer_list<std::pair<std::string_view, std::string>>{
           {"replace", R"(["a", "0123456789"])"},
           {"replace", R"(["", "0123456789"])"},
           {"join", R"([["", "", "", "", ""]])"},
           {"elems", "[]"},
           {"split", R"(["a"])"}}) {
    LibraryForTest library(limits);
    EXPECT_EQ(library.method(library.json(text), method, arguments), "error") << method;
    EXPECT_LE(library.context().heap().peak_bytes(), limits.memory_bytes);
  }
}

}  // namespace
}  // namespace larkspur::starlark
