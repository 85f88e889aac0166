// Long runs in little memory: what is not needed any more goes, and nothing else does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "starlark/script_for_test.h"

namespace larkspur::starlark {
namespace {

Limits small_memory() {
  Limits limits;
  limits.memory_bytes = 1 << 20;
  return limits;
}

TEST(Garbage, LongLoopsRunInLittleMemory) {
  for (const char* body : {
           "x = [i, str(i) * 10]",
           "x = {'a longer key': i, i: [i]}",
           "x = 'a text that is number %d' % i",
           "x = [j * 1e300 for j in range(20)]",
           "x = (lambda: i)()",
           "x = {'k': [tuple(range(10))]}.items()",
           "x = 'a' * 10000",
           "x = set([i, i + 1])\n  y = struct(a = x)",
           "x = 1 << (i % 5000)",
           "x = json.decode(json.encode([i, 'a longer text', {'key': i}]))",
           "x = sorted([3, 1, 2], key = lambda v: str(v) * 10)",
       }) {
    SCOPED_TRACE(body);
    Outcome outcome =
        run("live = ['a text that stays', {'k': [1, 2.5e300]}]\n"
            "for i in range(60000):\n  " +
                std::string(body) + "\nreturn live",
            small_memory());
    EXPECT_EQ(outcome.state, State::kDone) << outcome.error.message;
    EXPECT_EQ(outcome.result, R"(["a text that stays",{"k":[1,2.5e+300]}])");
  }
}

TEST(Garbage, RecursionKeepsWhatItsFramesHold) {
  Outcome outcome =
      run("def depth(n):\n"
          "  text = 'level number %d' % n\n"
          "  pad = [str(n) * 20 for _ in range(100)]\n"
          "  rest = depth(n - 1) if n > 0 else []\n"
          "  rest.append(text)\n"
          "  return rest\n"
          "for _ in range(30):\n"
          "  all = depth(80)\n"
          "return [len(all), all[0], all[-1]]",
          small_memory());
  EXPECT_EQ(outcome.state, State::kDone) << outcome.error.message;
  EXPECT_EQ(outcome.result, R"([81,"level number 0","level number 80"])");
}

TEST(Garbage, ResultsOfCallsGo) {
  Outcome outcome = run(
      "total = 0\n"
      "for i in range(500):\n"
      "  total += len(echo(v = ['a text of a certain length %d' % j for j in range(200)])['v'])\n"
      "return total",
      small_memory());
  EXPECT_EQ(outcome.state, State::kDone) << outcome.error.message;
  EXPECT_EQ(outcome.result, "100000");
}

TEST(Garbage, TasksAndTheirGroupsGo) {
  Limits limits = small_memory();
  limits.host_calls = 100'000;
  Outcome outcome =
      run("def task(i):\n"
          "  return lambda: echo(v = 'the text of task %d' % i)['v']\n"
          "for round in range(300):\n"
          "  last = parallel([task(i) for i in range(20)])\n"
          "return last[19]",
          limits);
  EXPECT_EQ(outcome.state, State::kDone) << outcome.error.message;
  EXPECT_EQ(outcome.result, R"("the text of task 19")");
}

TEST(Garbage, DeepAndWideStructuresSurvive) {
  Limits limits;
  limits.memory_bytes = 16 << 20;
  Outcome outcome =
      run("chain = None\n"
          "for i in range(50000):\n"
          "  chain = (chain, [i])\n"
          "wide = [[i] for i in range(50000)]\n"
          "for i in range(100000):\n"
          "  garbage = [str(i) * 3]\n"
          "depth = 0\n"
          "while chain:\n"
          "  depth += chain[1][0] // 49999 + 1\n"
          "  chain = chain[0]\n"
          "return [depth, wide[49999], len([w for w in wide if len(w) == 1])]",
          limits);
  EXPECT_EQ(outcome.state, State::kDone) << outcome.error.message;
  EXPECT_EQ(outcome.result, "[50001,[49999],50000]");
}

TEST(Garbage, StepsDoNotDependOnSlices) {
  const char* source = "x = []\nfor i in range(20000):\n  x = [i, str(i) * 20]";
  Limits limits = small_memory();
  Outcome once = run(source, limits);
  limits.slice_steps = 77;
  EXPECT_EQ(once.state, State::kDone);
  EXPECT_EQ(run(source, limits).stats.steps, once.stats.steps);
}

}  // namespace
}  // namespace larkspur::starlark
