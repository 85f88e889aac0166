// parallel(): the order of calls and results, limits, failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "starlark/script_for_test.h"

namespace larkspur::starlark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Parallel, ResultsKeepTheirPlacesWhateverComesFirst) {
  std::string source =
      "def task(i):\n"
      "  def run():\n"
      "    print('begin', i)\n"
      "    v = echo(v=i)['v']\n"
      "    print('end', v)\n"
      "    return v * 10\n"
      "  return run\n"
      "print('first')\n"
      "r = parallel([task(i) for i in range(4)])\n"
      "print('last')\n"
      "return r\n";
  auto front = [](auto& calls) { return calls.begin(); };
  auto back = [](auto& calls) { return calls.end() - 1; };
  auto middle = [](auto& calls) {
    return calls.begin() + static_cast<std::ptrdiff_t>(calls.size() / 2);
  };
  std::string printed;
  for (int order = 0; order < 3; ++order) {
    Machine machine(compile(source), {}, host_functions());
    State state = order == 0   ? finish(machine, front)
                  : order == 1 ? finish(machine, back)
                               : finish(machine, middle);
    ASSERT_EQ(state, State::kDone);
    EXPECT_EQ(machine.result_json(), "[0,10,20,30]");
    EXPECT_EQ(machine.printed(),
              "first\nbegin 0\nend 0\nbegin 1\nend 1\nbegin 2\nend 2\nbegin 3\nend 3\nlast\n");
    EXPECT_EQ(machine.stats().parallel_calls, 1u);
    EXPECT_EQ(machine.stats().parallel_tasks, 4u);
  }
}

std::vector<std::string> places(const std::vector<HostCall>& calls) {
  std::vector<std::string> out;
  for (const HostCall& call : calls) out.push_back(call.place);
  return out;
}

TEST(Parallel, CallsKnowTheirPlace) {
  Machine machine(compile("echo(v=1)\n"
                          "def nest():\n  return parallel([lambda: echo(v=2), lambda: echo(v=3)])\n"
                          "parallel([lambda: echo(v=4), nest])"),
                  {}, host_functions());
  ASSERT_EQ(machine.run(), State::kWaiting);
  std::vector<HostCall> calls = machine.take_calls();
  EXPECT_THAT(places(calls), ElementsAre("1"));
  machine.resume(calls[0].id, answer(calls[0]));
  ASSERT_EQ(machine.run(), State::kWaiting);
  calls = machine.take_calls();
  EXPECT_THAT(places(calls), ElementsAre("2/1", "2/2/1/1", "2/2/1/2"));
  EXPECT_TRUE(calls[0].in_parallel);
  EXPECT_EQ(calls[2].index, 4u);
}

TEST(Parallel, KeepsToTheLimits) {
  std::string source = "return parallel([lambda: echo(v=1) for i in range(50)]LIMIT)";
  for (auto [text, global, expected] : {std::tuple(", limit=3", 16u, 3u), std::tuple("", 5u, 5u),
                                        std::tuple(", limit=30", 5u, 5u)}) {
    std::string with_limit = source;
    with_limit.replace(with_limit.find("LIMIT"), 5, text);
    Limits limits;
    limits.parallel = global;
    Machine machine(compile(with_limit), limits, host_functions());
    std::size_t most = 0;
    std::size_t in_flight = 0;
    State state = finish(machine, [&](auto& calls) {
      in_flight = calls.size();
      most = std::max(most, in_flight);
      return calls.begin();
    });
    EXPECT_EQ(state, State::kDone);
    EXPECT_EQ(most, expected);
  }
}

TEST(Parallel, NestedGroupsShareTheLimit) {
  Limits limits;
  limits.parallel = 4;
  Machine machine(
      compile("def inner():\n  return parallel([lambda: echo(v=1)['v'] for i in range(3)])\n"
              "return parallel([inner for i in range(3)])"),
      limits, host_functions());
  std::size_t most = 0;
  State state = finish(machine, [&](auto& calls) {
    most = std::max(most, calls.size());
    return calls.end() - 1;
  });
  EXPECT_EQ(state, State::kDone);
  EXPECT_EQ(machine.result_json(), "[[1,1,1],[1,1,1],[1,1,1]]");
  EXPECT_EQ(most, 4u);
}

TEST(Parallel, FirstErrorByIndexWins) {
  std::string source =
      "def bad(i):\n"
      "  def run():\n"
      "    echo(v=i)\n"
      "    fail('task', i)\n"
      "  return run\n"
      "def good():\n"
      "  return echo(v=0)\n"
      "parallel([good, bad(2), good, bad(4), good])\n";
  for (bool forward : {true, false}) {
    Machine machine(compile(source), {}, host_functions());
    State state =
        finish(machine, [&](auto& calls) { return forward ? calls.begin() : calls.end() - 1; });
    ASSERT_EQ(state, State::kFailed);
    EXPECT_THAT(machine.error().message, HasSubstr("task 2"));
    ASSERT_EQ(machine.error().stack.size(), 2u);
    EXPECT_EQ(machine.error().stack[0].location.line, 8u);
    EXPECT_EQ(machine.error().stack[1].location.line, 4u);
  }
}

TEST(Parallel, AFailureCancelsTheTasksBehindIt) {
  Machine machine(compile("parallel([lambda: broken(), lambda: echo(v=1), lambda: echo(v=2)])"), {},
                  host_functions());
  ASSERT_EQ(machine.run(), State::kWaiting);
  std::vector<HostCall> calls = machine.take_calls();
  ASSERT_EQ(calls.size(), 3u);
  machine.resume(calls[0].id, {.ok = false, .value = "no"});
  ASSERT_EQ(machine.run(), State::kFailed);
  EXPECT_EQ(machine.error().kind, ErrorKind::kTool);
  EXPECT_FALSE(machine.resume(calls[1].id, answer(calls[1])));
}

TEST(Parallel, CancelledTasksLeaveTheirTurnToOthers) {
  // The inner group fails and is collected outside; its waiting calls must not hold up the rest.
  Limits limits;
  limits.parallel = 2;
  Outcome outcome = run(
      "def inner():\n  return parallel([lambda: broken(), lambda: echo(v=1), lambda: echo(v=2)])\n"
      "r = parallel([inner, lambda: echo(v=3)], on_error='collect')\n"
      "return [r[0]['ok'], r[0]['error'], r[1]['value']['v'], echo(v=4)]",
      limits);
  EXPECT_EQ(outcome.state, State::kDone) << outcome.error.message;
  EXPECT_EQ(outcome.result, R"([false,"broken on purpose",3,{"v":4}])");
}

TEST(Parallel, ALimitEndsTheScriptEvenWhenErrorsAreCollected) {
  Limits limits;
  limits.steps = 100'000;
  Outcome outcome =
      run("def loop():\n  while True:\n    pass\nparallel([loop], on_error='collect')", limits);
  ASSERT_EQ(outcome.state, State::kFailed);
  EXPECT_EQ(outcome.error.kind, ErrorKind::kStepLimit);
  EXPECT_EQ(outcome.error.stack.size(), 2u);
}

TEST(Parallel, NestsOnlyAsDeepAsTheStack) {
  Limits limits;
  limits.depth = 50;
  Outcome outcome = run("def f():\n  return parallel([f])\nf()", limits);
  ASSERT_EQ(outcome.state, State::kFailed);
  EXPECT_THAT(outcome.error.message, HasSubstr("deeper than 50"));
}

}  // namespace
}  // namespace larkspur::starlark
