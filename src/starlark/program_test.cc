// Program::compile as users see it: all errors at once, with places, and no source that does harm.
#include <gtest/gtest.h>

#include <string>

#include "starlark/starlark.h"

namespace larkspur::starlark {
namespace {

std::string repeat(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

std::string numbered(std::string_view before, int count, std::string_view after) {
  std::string out;
  for (int i = 0; i < count; ++i) out.append(before).append(std::to_string(i)).append(after);
  return out;
}

// The first error's message, "" when the source compiles.
std::string compiled(std::string source) {
  const auto program = Program::compile(std::move(source), {.max_source_bytes = 64u << 20});
  return program ? "" : program.error()[0].message;
}

TEST(Program, ReportsAllErrorsInTheOrderOfTheSource) {
  const auto program = Program::compile("prnt(1)\nx = 1\nbreak\ny = x + z\n", {});
  ASSERT_FALSE(program);
  ASSERT_EQ(program.error().size(), 3);
  EXPECT_EQ(program.error()[0].message, "undefined: prnt");
  EXPECT_EQ(program.error()[0].hint, "did you mean print?");
  EXPECT_EQ(program.error()[1].location.line, 3u);
  EXPECT_EQ(program.error()[2].location.column, 9u);
  EXPECT_EQ(program.error()[2].source_line, "y = x + z");
  EXPECT_EQ(program.error()[2].kind, ErrorKind::kSyntax);
}

TEST(Program, RendersAnErrorWithItsLineAndACaret) {
  const auto program = Program::compile("if 1:\n\té = nme\n", {});
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error()[0].render("a.star"),
            "a.star:2:6: error: undefined: nme\n"
            "    \té = nme\n"
            "    \t    ^\n");
}

TEST(Program, RendersDeepStacksInFewLines) {
  Diagnostic diagnostic{.message = "m", .location = {2, 1}, .source_line = "f()"};
  diagnostic.stack.push_back({"<toplevel>", {5, 1}});
  for (int i = 0; i < 900; ++i) diagnostic.stack.push_back({"f", {2, 1}});
  EXPECT_EQ(diagnostic.render("a.star"),
            "a.star:2:1: error: m\n    f()\n    ^\ncall stack, innermost last:\n"
            "  a.star:5:1 in <toplevel>\n  a.star:2:1 in f (900 times)\n");
}

TEST(Program, ShowsOnlyTheNeighbourhoodInALongLine) {
  const auto program =
      Program::compile(repeat("a = 1; ", 1000) + "b = nme; " + repeat("a = 1; ", 1000), {});
  ASSERT_FALSE(program);
  EXPECT_LT(program.error()[0].render("a.star").size(), 500u);
}

TEST(Program, RefusesWhatIsNoSource) {
  EXPECT_EQ(compiled("x = '\xff'"), "the script is not valid UTF-8");
  const auto program = Program::compile(std::string(300 << 10, ' '), {});
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error()[0].message, "the script is too long: the limit is 262144 bytes");
  EXPECT_EQ(compiled(std::string("x = \0", 5)), "unexpected input character U+0000");
  EXPECT_EQ(compiled(""), "");
}

TEST(Program, BoundsNesting) {
  const std::string too_deep = "nested too deeply: the limit is 200";
  for (const std::string_view open :
       {"(", "[", "{", "-", "not ", "lambda:", "str(", "f'{", "1 if 1 else ", "[1 for x in ("}) {
    EXPECT_EQ(compiled("x = " + repeat(open, 100'000)), too_deep) << open;
  }
  std::string blocks;
  for (int i = 0; i < 3000; ++i)
    blocks += std::string(static_cast<std::size_t>(i), ' ') + "if 1:\n";
  EXPECT_EQ(compiled(blocks), too_deep);
  EXPECT_EQ(compiled("x = " + repeat("[", 1000) + "1" + repeat(" for a in [1]]", 1000)), too_deep);
  EXPECT_EQ(compiled("for " + repeat("(", 5000) + "a" + repeat(")", 5000) + " in x: pass"),
            too_deep);
  EXPECT_EQ(compiled("x = " + repeat("(", 150) + "1" + repeat(")", 150)), "");
}

TEST(Program, CompilesLongChainsInALoop) {
  for (const std::string& source : {
           "x = " + repeat("1+", 400'000) + "1",
           "x = ''" + repeat(".strip()", 100'000),
           "x = {}\ny = x" + repeat("[0]", 100'000),
           "x = " + repeat("1 and ", 100'000) + "1",
           "if 0: pass\n" + repeat("elif 0: pass\n", 50'000),
           repeat("x=1;", 100'000),
           "x = [1 for a in [1] " + repeat("if 1 ", 30'000) + "]",
           "x = '" + repeat("a", 20'000'000) + "'",
           "x = [" + numbered("'s", 70'000, "',") + "]",
           "x = {" + numbered("", 70'000, ": 1,") + "}",
       }) {
    EXPECT_EQ(compiled(source), "") << source.substr(0, 40);
  }
}

TEST(Program, SaysWhatIsTooMuch) {
  const std::string variables = "too many variables: the limit is 60000 a function";
  const std::string values = "too many values at once: the limit is 65000";
  EXPECT_EQ(compiled("print(" + repeat("1,", 300'000) + ")"), values);
  EXPECT_EQ(compiled("x = (" + repeat("1,", 300'000) + ")"), values);
  EXPECT_EQ(compiled("def f(" + numbered("a", 70'000, ",") + "): pass"), variables);
  EXPECT_EQ(compiled("def f():\n" + numbered(" a", 70'000, " = 1\n")), variables);
  EXPECT_EQ(compiled(numbered("def f", 70'000, "(): pass\n")), variables);
  EXPECT_EQ(compiled(numbered("''.a", 70'000, "\n")), "too many constants: the limit is 65535");
  EXPECT_EQ(compiled(repeat("print(sep='')\n", 70'000)),
            "too many calls with named arguments: the limit is 65535");
  EXPECT_EQ(compiled("while len > 2:\n" + repeat(" x = [1]\n", 40'000)), "this block is too long");
  EXPECT_EQ(compiled(repeat("lambda: 1\n", 70'000)), "too many functions: the limit is 65535");
}

TEST(Program, TellsSeveralMistakesOfSyntaxAtOnce) {
  const auto program = Program::compile(
      "x = = 1\n"
      "def f():\n    y = (1\n    return\n"
      "import os\n"
      "try:\n    g()\nexcept: pass\n"
      "z = 1\n",
      {});
  ASSERT_FALSE(program);
  std::vector<std::uint32_t> lines;
  for (const Diagnostic& each : program.error()) lines.push_back(each.location.line);
  EXPECT_EQ(lines, (std::vector<std::uint32_t>{1, 4, 5, 6}));
}

TEST(Program, TellsAMistakeOnce) {
  for (const char* source : {
           "x = \"\"\"abc\nhello world (\nmore [ text\n",       // no end, and no code in it
           "x = {\n\"a\": 1 2,\n\"b\": 3,\n}\n",                // the rest of a broken display
           "x = [1,\n2 3,\n4,\n(5),\n]\nf(\n  a b,\n  c\n)\n",  // two, each once
       }) {
    const auto program = Program::compile(source, {});
    ASSERT_FALSE(program);
    EXPECT_EQ(program.error().size(), source[4] == '[' ? 2u : 1u) << source;
  }
}

TEST(Program, TellsTenMistakesAtMost) {
  std::string source;
  for (int i = 0; i < 30; ++i) source += "x = = 1\n";
  const auto program = Program::compile(source, {});
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().size(), 10u);
}

}  // namespace
}  // namespace larkspur::starlark
