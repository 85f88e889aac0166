#include "starlark/compile/resolver.h"

#include <gtest/gtest.h>

#include <string>

#include "starlark/syntax/parser.h"

namespace larkspur::starlark {
namespace {

// All errors as "OFFSET: message (hint)", or "" for a script that resolves.
std::string errors_of(std::string_view source) {
  Names names;
  Arena tree;
  Arena texts;
  Errors errors;
  const std::vector<std::string> predeclared = {"M", "get_issue"};
  const std::vector<std::string_view> universal = {"U", "print", "len"};
  Function* script = parse(source, names, tree, texts, errors);
  const Dialect dialect;
  Resolved resolved;
  const Environment environment{
      .predeclared = predeclared, .universal = universal, .dialect = dialect};
  if (script != nullptr) resolve(script, nullptr, environment, names, tree, errors, resolved);
  std::string out;
  for (const StaticError& error : errors.items()) {
    if (!out.empty()) out += "; ";
    out += std::to_string(error.offset) + ": " + error.message;
    if (!error.hint.empty()) out += " (" + error.hint + ")";
  }
  return out;
}

TEST(Resolver, AcceptsNamesThatExist) {
  for (const std::string_view source : {
           "_ = x\nx = 1",                 // too early, but that is for the machine to say
           "M = 1\nU = len\nprint(M, U)",  // anything may be shadowed
           "def f(): return g()\ndef g(): return f",  // forward
           "def f(a):\n  if a: b = 1\n  return b",
           "def f():\n  def g(): return x\n  x = 1\n  return g",
           "_ = [x for x in [1] if x for y in [x]]",
           "x = 1\nx = 2\nx += 3",
           "_ = None if True else False",
           "for i in []:\n  if i: break\n  continue",
           "x: Undefined = 1\ndef f(a: Undefined) -> Undefined: pass",
           "return 1",
       }) {
    EXPECT_EQ(errors_of(source), "") << source;
  }
}

TEST(Resolver, RefusesNamesThatDoNot) {
  EXPECT_EQ(errors_of("_ = x"), "4: undefined: x");
  EXPECT_EQ(errors_of("_ = [x for x in M]\nprint(x)"), "25: undefined: x");
  EXPECT_EQ(errors_of("def f(a): return b\nprint(a)"), "17: undefined: b; 25: undefined: a");
  EXPECT_EQ(errors_of("_ = [y for x in y for y in M]"), "16: undefined: y");
  EXPECT_EQ(errors_of("break"), "0: break not in a loop");
  EXPECT_EQ(errors_of("for x in M:\n  def f(): continue"), "23: continue not in a loop");
}

TEST(Resolver, SuggestsTheNearestName) {
  EXPECT_EQ(errors_of("hello = 1\nprint(hollo)"), "16: undefined: hollo (did you mean hello?)");
  EXPECT_EQ(errors_of("def f(abc): return abd"), "19: undefined: abd (did you mean abc?)");
  EXPECT_EQ(errors_of("get_isue(1)"), "0: undefined: get_isue (did you mean get_issue?)");
  EXPECT_EQ(errors_of("prnt(1)"), "0: undefined: prnt (did you mean print?)");
  EXPECT_EQ(errors_of("x = true"), "4: undefined: true (write True)");
  EXPECT_EQ(errors_of("goodbye"), "0: undefined: goodbye");
}

TEST(Resolver, TellsEachNameOnceAndAtMostTen) {
  EXPECT_EQ(errors_of("qq + qq + qq").substr(0, 30), "10: undefined: qq");
  std::string source;
  for (int i = 0; i < 50; ++i) source += "undefined_number_" + std::to_string(i * 1000) + "\n";
  const std::string errors = errors_of(source);
  EXPECT_EQ(std::ranges::count(errors, ';'), 9);
}

}  // namespace
}  // namespace larkspur::starlark
