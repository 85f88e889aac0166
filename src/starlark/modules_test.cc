// load(): modules that a loader gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "starlark/machine_for_test.h"

namespace larkspur::starlark {
namespace {

using testing::HasSubstr;

using Files = std::map<std::string, std::string, std::less<>>;

CompileOptions with(const Files& files) {
  CompileOptions options;
  options.loader = [&files](std::string_view name) -> std::expected<std::string, std::string> {
    const auto found = files.find(name);
    if (found == files.end()) return std::unexpected("there is no such module");
    return found->second;
  };
  return options;
}

// What the script prints; where it fails, the error as people read it.
std::string run(const Files& files, CompileOptions options) {
  const auto program = Program::compile(files.find("main")->second, std::move(options));
  if (!program) {
    std::string errors;
    for (const Diagnostic& each : program.error()) errors += each.render("main");
    return errors;
  }
  std::string told;
  for (const bool collect_always : {false, true}) {
    Limits limits;
    limits.collect_always = collect_always;
    Machine machine(*program, limits, {});
    const bool done = finish(machine) == State::kDone;
    const std::string now = machine.printed() + (done ? "" : machine.error().render("main"));
    if (collect_always) EXPECT_EQ(now, told);
    told = now;
  }
  return told;
}
std::string run(const Files& files) {
  return run(files, with(files));
}

TEST(Modules, GiveTheirNames) {
  EXPECT_EQ(run({{"main", "load('a.star', 'x', f='double')\nprint(x, f(x))"},
                 {"a.star", "x = 21\ndef double(n): return n + n + _zero\n_zero = 0"}}),
            "21 42\n");
}

TEST(Modules, RunOnceWhereTheyAreLoadedFirst) {
  EXPECT_EQ(run({{"main", "print('main')\nload('a', 'xs')\nload('b', 'same')\nprint(same(xs))"},
                 {"a", "print('a')\nload('c', 'c')\nxs = [c]"},
                 {"b",
                  "print('b')\nload('a', 'xs')\nload('c', 'c')\n"
                  "def same(ys): return xs == ys and c"},
                 {"c", "print('c')\nc = 3"}}),
            "main\na\nc\nb\n3\n");
}

TEST(Modules, HaveNamesOfTheirOwn) {
  EXPECT_EQ(run({{"main", "x = 1\nload('a', 'get')\nlen = 5\nprint(x, get(), len)"},
                 {"a", "x = 2\ndef get(): return (x, len([0]))"}}),
            "1 (2, 1) 5\n");
}

TEST(Modules, DoNotSeeWhatTheHostGivesTheScript) {
  const Files files = {{"main", "load('a', 'f')"}, {"a", "def f(): return echo(v=1)"}};
  CompileOptions options = with(files);
  options.predeclared = {"echo"};
  EXPECT_THAT(run(files, std::move(options)), HasSubstr("a:1:17: error: undefined: echo"));
}

TEST(Modules, AreFrozenOnceTheyHaveRun) {
  const Files files = {
      {"main", "load('a', 'xs', 'add')\nprint(try_call(add, 1)['error'])\nxs.append(2)"},
      {"a", "xs = []\nxs.append(0)\n_kept = {'k': [xs]}\ndef add(n): _kept['k'][0].append(n)"}};
  EXPECT_THAT(run(files), HasSubstr("cannot append to frozen list\nmain:3:10: error: cannot append "
                                    "to frozen list\n    xs.append(2)\n"));
}

TEST(Modules, AreNamedInErrors) {
  const Files files = {{"main", "load('a', 'f')\nf(0)"},
                       {"a", "# text\ndef f(n):\n  return 1 // n"}};
  const std::string error = run(files);
  EXPECT_THAT(error, HasSubstr("a:3:12: error: floored division by zero\n      return 1 // n\n"));
  EXPECT_THAT(error, HasSubstr("  main:2:2 in <toplevel>\n  a:3:12 in f\n"));
}

TEST(Modules, TellTheirOwnMistakes) {
  EXPECT_THAT(run({{"main", "load('a', 'x')"}, {"a", "x = \n"}}),
              HasSubstr("a:1:5: error: got newline, want primary expression"));
  EXPECT_THAT(run({{"main", "load('a', 'x')"}, {"a", "\nx = nothing"}}),
              HasSubstr("a:2:5: error: undefined: nothing"));
}

TEST(Modules, ThatCannotBeHadAreErrors) {
  EXPECT_THAT(run({{"main", "load('b', 'x')"}}),
              HasSubstr("main:1:6: error: cannot load b: there is no such module"));
  EXPECT_THAT(run({{"main", "load('a', 'nmae', 'gone')"}, {"a", "name = 1"}}),
              testing::AllOf(HasSubstr("main:1:11: error: load: name nmae not found in module a\n"),
                             HasSubstr("did you mean name?"),
                             HasSubstr("load: name gone not found in module a")));
  EXPECT_THAT(run({{"main", "load('a', 'x')"}, {"a", "load('b', 'x')"}, {"b", "load('a', 'x')"}}),
              HasSubstr("b:1:6: error: cannot load a: cycle in load graph"));
  EXPECT_THAT(run({{"main", "load('a', 'x')"}}, {}),
              HasSubstr("there are no modules but json.star"));
  EXPECT_THAT(run({{"main", "load('a', 'x')\nload('a', '_y')\nif True:\n  load('a', 'x')"},
                   {"a", "x = _y = 1"}}),
              HasSubstr("got '=', want newline"));
}

TEST(Modules, OfTheLibraryNeedNoLoader) {
  EXPECT_EQ(run({{"main",
                  "load('math.star', 'math')\nload('json.star', j='json')\n"
                  "print(math.floor(1.5), j.encode([1]))"}},
                {}),
            "1 [1]\n");
  EXPECT_THAT(run({{"main", "load('math.star', 'sqrt')"}}, {}),
              HasSubstr("load: name sqrt not found in module math.star"));
}

TEST(Modules, AreFoundHoweverTheStatementIsWritten) {
  const Files files = {{"main",
                        "\"payload\"; load (\n  'a',\n  'x',\n)\nload\\\n('a', y='x')\n"
                        "def download(): pass\nprint(x, y)"},
                       {"a", "x = 1"}};
  EXPECT_EQ(run(files), "1 1\n");
}

TEST(Modules, CountTowardsTheLimits) {
  Files files = {{"main", "load('m0', 'x')"}};
  for (int i = 0; i < 200; ++i)
    files["m" + std::to_string(i)] = "load('m" + std::to_string(i + 1) + "', 'x')";
  EXPECT_THAT(run(files), HasSubstr("too many modules"));

  const Files large = {{"main", "load('a', 'x')"},
                       {"a", "x = '" + std::string(300'000, '.') + "'"}};
  EXPECT_THAT(run(large), HasSubstr("cannot load a: the modules of this script are too long"));
  EXPECT_THAT(run({{"main", "load('a', 'x')"}, {"a", "x = '\xff'"}}),
              HasSubstr("cannot load a: it is not valid UTF-8"));
}

}  // namespace
}  // namespace larkspur::starlark
