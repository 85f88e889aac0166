#include <gtest/gtest.h>

#include <algorithm>

#include "starlark/compile/universal.h"
#include "starlark/lib/library_for_test.h"
#include "starlark/lib/universal.h"

namespace larkspur::starlark {
namespace {

struct Case {
  std::string_view function, arguments, expected;
};
class Functions : public testing::TestWithParam<Case> {};

TEST_P(Functions, Gives) {
  const Case& c = GetParam();
  LibraryForTest library;
  EXPECT_EQ(library.function(c.function, c.arguments), c.expected) << c.function << c.arguments;
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Numbers, Functions, testing::Values(
    Case{"abs", "[-3]", "3"}, Case{"abs", "[-2.5]", "2.5"}, Case{"abs", "[-99999999999999999999]", "99999999999999999999"},
    Case{"abs", "[true]", "error"}, Case{"int", "[]", "0"}, Case{"int", "[3.99]", "3"}, Case{"int", "[-3.99]", "-3"},
    Case{"int", "[1e20]", "100000000000000000000"}, Case{"int", "[true]", "1"}, Case{"int", "[null]", "error"},
    Case{"int", R"(["42"])", "42"}, Case{"int", R"([" -42 "])", "-42"}, Case{"int", R"(["+0x1F", 16])", "31"},
    Case{"int", R"(["0b101", 0])", "5"}, Case{"int", R"(["0o17", 0])", "15"}, Case{"int", R"(["0755", 0])", "error"},
    Case{"int", R"(["00", 0])", "0"}, Case{"int", R"(["0755", 8])", "493"}, Case{"int", R"(["zz", 36])", "1295"},
    Case{"int", R"(["0b1", 16])", "177"}, Case{"int", R"([""])", "error"}, Case{"int", R"(["-"])", "error"},
    Case{"int", R"(["--1"])", "error"}, Case{"int", R"(["1.5"])", "error"}, Case{"int", R"(["1", 1])", "error"},
    Case{"int", "[1, 10]", "error"}, Case{"int", R"(["-9223372036854775808"])", "-9223372036854775808"},
    Case{"int", R"(["-123456789012345678901234567890"])", "-123456789012345678901234567890"},
    Case{"float", "[]", "0.0"}, Case{"float", "[3]", "3.0"}, Case{"float", R"([" 1.5e3 "])", "1500.0"}, Case{"float", R"(["-.5"])", "-0.5"},
    Case{"float", R"(["inf"])", "+inf"}, Case{"float", R"(["-Infinity"])", "-inf"}, Case{"float", R"(["NaN"])", "nan"},
    Case{"float", R"(["1e999"])", "error"}, Case{"float", R"(["1e-999"])", "0.0"}, Case{"float", R"([""])", "error"},
    Case{"float", R"(["1_0"])", "error"}, Case{"float", R"(["0x10"])", "error"}, Case{"float", R"(["+-1"])", "error"}, Case{"float", "[[]]", "error"},
    Case{"round", "[2.5]", "2"}, Case{"round", "[3.5]", "4"}, Case{"round", "[-2.5]", "-2"}, Case{"round", "[2.675, 2]", "2.67"},
    Case{"round", "[1234.5678, -2]", "1200.0"}, Case{"round", "[1250, -2]", "1200"}, Case{"round", "[1350, -2]", "1400"},
    Case{"round", "[-1250, -2]", "-1200"}, Case{"round", "[7, 3]", "7"}, Case{"round", "[7, -3]", "0"}, Case{"round", "[1.5, null]", "2"},
    Case{"round", R"(["1"])", "error"}, Case{"round", "[5, -4000000000000]", "0"}, Case{"round", "[1e300, 400]", "1e+300"},
    Case{"divmod", "[7, -2]", "(-4, -1)"}, Case{"divmod", "[7.5, 2]", "(3.0, 1.5)"}, Case{"divmod", "[1, 0]", "error"},
    Case{"pow", "[2, 10]", "1024"}, Case{"pow", "[2, 1000000000000, 1000007]", "264620"}, Case{"pow", "[3, -1, 5]", "error"}, Case{"pow", "[2, 5, 0]", "error"},
    Case{"sum", "[[1, 2, 3.5]]", "6.5"}, Case{"sum", "[[[1], [2]], []]", "[1, 2]"}, Case{"sum", R"([["a"], ""])", "error"}, Case{"sum", "[5]", "error"},
    Case{"chr", "[233]", R"("é")"}, Case{"chr", "[1114112]", "error"}, Case{"chr", "[-1]", "error"}, Case{"chr", R"(["a"])", "error"},
    Case{"ord", R"(["é"])", "233"}, Case{"ord", R"(["ab"])", "error"}, Case{"ord", "[1]", "error"}));

INSTANTIATE_TEST_SUITE_P(Values, Functions, testing::Values(
    Case{"type", "[null]", R"("NoneType")"}, Case{"type", "[1.5]", R"("float")"}, Case{"bool", "[[0]]", "True"}, Case{"bool", "[]", "False"},
    Case{"str", "[]", R"("")"}, Case{"str", R"(["a"])", R"("a")"}, Case{"str", R"([["a", null, true]])", R"("[\"a\", None, True]")"},
    Case{"repr", R"(["a"])", R"("\"a\"")"}, Case{"len", R"(["é"])", "1"}, Case{"len", "[{\"a\": 1}]", "1"}, Case{"len", "[1]", "error"},
    Case{"hash", R"(["abc"])", "96354"}, Case{"hash", R"([""])", "0"}, Case{"hash", R"(["\ud83d\ude00"])", "1772899"}, Case{"hash", "[1]", "error"},
    Case{"hasattr", R"(["", "upper"])", "True"}, Case{"hasattr", R"(["", "sort"])", "False"}, Case{"getattr", R"(["", "sort", 3])", "3"},
    Case{"getattr", R"(["", "sort"])", "error"}, Case{"isinstance", R"([1, "int"])", "True"}, Case{"isinstance", "[1, 2]", "error"},
    Case{"dir", "[{}]", R"(["clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"])"},
    Case{"dir", "[1]", "[]"}));

INSTANTIATE_TEST_SUITE_P(Collections, Functions, testing::Values(
    Case{"list", "[{\"a\": 1}]", R"(["a"])"}, Case{"list", R"(["abc"])", "error"}, Case{"tuple", "[[1, 2]]", "(1, 2)"}, Case{"tuple", "[]", "()"},
    Case{"dict", R"([[["a", 1], ["b", 2]]])", R"({"a": 1, "b": 2})"}, Case{"dict", "[[[1]]]", "error"}, Case{"dict", "[[1]]", "error"}, Case{"dict", "[[[[], 1]]]", "error"},
    Case{"dict", "[1]", "error"}, Case{"set", "[[1, 2, 1]]", "set([1, 2])"}, Case{"set", "[[[]]]", "error"}, Case{"set", "[]", "set([])"},
    Case{"range", "[5]", "range(5)"}, Case{"range", "[1, 10, 0]", "error"}, Case{"range", "[1.0]", "error"}, Case{"range", "[]", "error"},
    Case{"enumerate", R"([["a", "b"], 5])", R"([(5, "a"), (6, "b")])"}, Case{"enumerate", "[1]", "error"}, Case{"zip", "[[1, 2, 3], [4, 5]]", "[(1, 4), (2, 5)]"},
    Case{"zip", "[]", "[]"}, Case{"zip", "[[1], 2]", "error"}, Case{"reversed", "[[1, 2, 3]]", "[3, 2, 1]"}, Case{"reversed", R"(["abc"])", "error"},
    Case{"all", "[[1, 0]]", "False"}, Case{"all", "[[]]", "True"}, Case{"any", "[[0, 1]]", "True"}, Case{"any", "[[]]", "False"}, Case{"any", "[1]", "error"},
    Case{"bytes", R"(["é"])", R"(b"\xc3\xa9")"}, Case{"bytes", "[[0, 255]]", R"(b"\x00\xff")"}, Case{"bytes", "[[256]]", "error"}, Case{"bytes", "[1]", "error"},
    Case{"max", "[[3, 1, 4, 1]]", "4"}, Case{"min", "[3, 1, 4.5]", "1"}, Case{"max", "[[]]", "error"}, Case{"max", "[]", "error"}, Case{"max", "[1]", "error"}, Case{"min", "[[1, \"a\"]]", "error"},
    Case{"sorted", "[[3, 1, 2]]", "[1, 2, 3]"}, Case{"sorted", R"([["b", "a", "C"]])", R"(["C", "a", "b"])"}, Case{"sorted", "[[2, 1.5, 1]]", "[1, 1.5, 2]"}, Case{"sorted", "[[1, \"a\"]]", "error"},
    Case{"sorted", "[[[2, 1], [1, 2], [1, 1]]]", "[[1, 1], [1, 2], [2, 1]]"}, Case{"filter", "[null, [0, 1, \"\", \"a\"]]", R"([1, "a"])"}));

struct MethodCase {
  std::string_view receiver, method, arguments, expected, after;
};
class Methods : public testing::TestWithParam<MethodCase> {};

TEST_P(Methods, GivesAndLeaves) {
  const MethodCase& c = GetParam();
  LibraryForTest library;
  const Value receiver = library.json(c.receiver);
  EXPECT_EQ(library.method(receiver, c.method, c.arguments), c.expected) << c.receiver << "." << c.method << c.arguments;
  EXPECT_EQ(library.repr(receiver), c.after.empty() ? library.repr(library.json(c.receiver)) : c.after);
}

INSTANTIATE_TEST_SUITE_P(Lists, Methods, testing::Values(
    MethodCase{"[1]", "append", "[2]", "None", "[1, 2]"}, MethodCase{"[1]", "append", "[]", "error", ""}, MethodCase{"[1]", "clear", "[]", "None", "[]"},
    MethodCase{"[1]", "extend", "[[2, 3]]", "None", "[1, 2, 3]"}, MethodCase{"[1]", "extend", "[5]", "error", ""}, MethodCase{"[1, 2, 1]", "index", "[1, 1]", "2", ""},
    MethodCase{"[1, 2]", "index", "[3]", "error", ""}, MethodCase{"[1, 2]", "index", "[2, -1]", "1", ""}, MethodCase{"[1, 2]", "insert", "[1, 9]", "None", "[1, 9, 2]"},
    MethodCase{"[1, 2]", "insert", "[-1, 9]", "None", "[1, 9, 2]"}, MethodCase{"[1]", "insert", "[99, 9]", "None", "[1, 9]"}, MethodCase{"[1]", "insert", "[-99, 9]", "None", "[9, 1]"},
    MethodCase{"[1, 2, 3]", "pop", "[]", "3", "[1, 2]"}, MethodCase{"[1, 2, 3]", "pop", "[0]", "1", "[2, 3]"}, MethodCase{"[1, 2, 3]", "pop", "[-2]", "2", "[1, 3]"},
    MethodCase{"[]", "pop", "[]", "error", ""}, MethodCase{"[1]", "pop", "[1]", "error", ""}, MethodCase{"[1]", "pop", "[-2]", "error", ""}, MethodCase{"[1, 2, 1]", "remove", "[1]", "None", "[2, 1]"},
    MethodCase{"[1]", "remove", "[2]", "error", ""}, MethodCase{"[1, 2, 1.0]", "count", "[1]", "2", ""}, MethodCase{"[1, 2]", "reverse", "[]", "None", "[2, 1]"}, MethodCase{"[1]", "copy", "[]", "[1]", ""}));

INSTANTIATE_TEST_SUITE_P(Dicts, Methods, testing::Values(
    MethodCase{R"({"a": 1})", "get", R"(["a"])", "1", ""}, MethodCase{R"({"a": 1})", "get", R"(["b"])", "None", ""}, MethodCase{R"({"a": 1})", "get", R"(["b", 2])", "2", ""},
    MethodCase{R"({"a": 1})", "get", "[[]]", "error", ""}, MethodCase{R"({"a": 1, "b": 2})", "items", "[]", R"([("a", 1), ("b", 2)])", ""}, MethodCase{R"({"a": 1})", "keys", "[]", R"(["a"])", ""},
    MethodCase{R"({"a": 1})", "values", "[]", "[1]", ""}, MethodCase{R"({"a": 1, "b": 2})", "pop", R"(["a"])", "1", R"({"b": 2})"}, MethodCase{R"({"a": 1})", "pop", R"(["b"])", "error", ""},
    MethodCase{R"({"a": 1})", "pop", R"(["b", null])", "None", ""}, MethodCase{R"({"a": 1, "b": 2})", "popitem", "[]", R"(("a", 1))", R"({"b": 2})"}, MethodCase{"{}", "popitem", "[]", "error", ""},
    MethodCase{R"({"a": 1})", "setdefault", R"(["a", 2])", "1", ""}, MethodCase{R"({"a": 1})", "setdefault", R"(["b", 2])", "2", R"({"a": 1, "b": 2})"}, MethodCase{R"({"a": 1})", "setdefault", R"(["b"])", "None", R"({"a": 1, "b": None})"},
    MethodCase{R"({"a": 1})", "update", R"([{"a": 2, "b": 3}])", "None", R"({"a": 2, "b": 3})"}, MethodCase{R"({"a": 1})", "update", R"([[["b", 3]]])", "None", R"({"a": 1, "b": 3})"},
    MethodCase{R"({"a": 1})", "update", "[1]", "error", ""}, MethodCase{R"({"a": 1})", "clear", "[]", "None", "{}"}, MethodCase{R"({"a": 1})", "copy", "[]", R"({"a": 1})", ""}));
// clang-format on

TEST(Functions, SortedIsStableAndReverseKeepsTheOrderOfEqualElements) {
  LibraryForTest library;
  // 1 and 1.0 and True's cousins are equal but print differently.
  EXPECT_EQ(library.function("sorted", "[[1.0, 0, 1, 0.0, 1.0, 0]]"), "[0, 0.0, 0, 1.0, 1, 1.0]");
  EXPECT_EQ(library.function("sorted", "[[1.0, 0, 1, 0.0, 1.0, 0]]", R"({"reverse": true})"),
            "[1.0, 1, 1.0, 0, 0.0, 0]");
}

TEST(Functions, SortedAgreesWithTheStandardLibrary) {
  for (std::size_t n : {0, 1, 2, 11, 12, 13, 24, 25, 100, 1000}) {
    std::vector<std::uint32_t> numbers(n);
    std::uint32_t state = 1;
    for (auto& number : numbers) number = (state = state * 1664525 + 1013904223) >> 20;
    const auto text_of_list = [](const std::vector<std::uint32_t>& list) {
      std::string text = "[";
      for (std::size_t i = 0; i < list.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(list[i]);
      return text + "]";
    };
    LibraryForTest library;
    const std::string given = "[" + text_of_list(numbers) + "]";
    std::ranges::sort(numbers);
    EXPECT_EQ(library.function("sorted", given), text_of_list(numbers));
  }
}

TEST(Functions, MaterialisingStopsAtTheMemoryLimit) {
  Limits limits;
  limits.memory_bytes = 1u << 20;
  for (std::string_view name : {"list", "tuple", "enumerate", "reversed", "sorted", "zip", "set"}) {
    LibraryForTest library(limits);
    const Value huge = library.context().range(0, 1'000'000'000, 1);
    for (const Builtin& native : universal_functions()) {
      if (native.name != name) continue;
      Args args;
      args.callee = &native;
      args.positional = {&huge, 1};
      EXPECT_TRUE(native.call(library.context(), args).is_failed()) << name;
    }
    EXPECT_LE(library.context().heap().peak_bytes(), limits.memory_bytes) << name;
  }
}

TEST(Universal, NamesAndValuesAgree) {
  ASSERT_EQ(universal_names().size(), universal_values().size());
  for (std::size_t i = 0; i < universal_count(false); ++i) {
    const Value value = universal_values()[i];
    const std::string_view name = is_object_of(value, Type::kModule)
                                      ? object_cast<NativeModule>(value)->name
                                      : object_cast<Builtin>(value)->name;
    EXPECT_EQ(name, universal_names()[i]);
    EXPECT_EQ(std::ranges::count(universal_names(), name), 1) << name;
  }
}

}  // namespace
}  // namespace larkspur::starlark
