// The machine end to end: what concerns the host (waiting, slices, cancelling). What the language
// does is in tests/*.star.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "starlark/script_for_test.h"

namespace larkspur::starlark {
namespace {

using testing::HasSubstr;

TEST(Machine, WaitsAndGoesOn) {
  Machine machine(compile("x = echo(v=[1, {'a': None}])\nreturn x['v'][1]"), {}, host_functions());
  ASSERT_EQ(machine.run(), State::kWaiting);
  std::vector<HostCall> calls = machine.take_calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].arguments, R"({"v":[1,{"a":null}]})");
  EXPECT_EQ(calls[0].location.line, 1u);
  EXPECT_EQ(calls[0].place, "1");
  EXPECT_EQ(calls[0].index, 1u);
  EXPECT_FALSE(calls[0].in_parallel);
  EXPECT_TRUE(machine.take_calls().empty());
  EXPECT_EQ(machine.run(), State::kWaiting);
  EXPECT_FALSE(machine.resume(calls[0].id + 1, {}));
  EXPECT_TRUE(machine.resume(calls[0].id, {.ok = true, .value = calls[0].arguments}));
  EXPECT_FALSE(machine.resume(calls[0].id, {.ok = true, .value = "1"}));
  ASSERT_EQ(machine.run(), State::kDone);
  EXPECT_EQ(machine.result_json(), R"({"a":null})");
  EXPECT_EQ(machine.run(), State::kDone);
}

TEST(Machine, NamesTheToolOfCallTool) {
  Machine machine(compile("call_tool('the tool', a=1)"), {}, host_functions());
  ASSERT_EQ(machine.run(), State::kWaiting);
  std::vector<HostCall> calls = machine.take_calls();
  EXPECT_EQ(calls.at(0).tool_name, "the tool");
  EXPECT_EQ(calls.at(0).arguments, R"({"a":1})");
}

TEST(Machine, CallsInsideCallbacksWait) {
  EXPECT_EQ(run("return sorted([3, 1, 2], key=lambda x: echo(v=-x)['v'])").result, "[3,2,1]");
  EXPECT_EQ(run("return max([3, 1, 2], key=lambda x: echo(v=-x)['v'])").result, "1");
  EXPECT_EQ(run("return [echo(v=i)['v'] for i in range(3) if echo(v=i)['v'] != 1]").result,
            "[0,2]");
}

TEST(Machine, ResultThatIsNoJsonIsAToolError) {
  Machine machine(compile("x = echo(v=1)"), {}, host_functions());
  ASSERT_EQ(machine.run(), State::kWaiting);
  machine.resume(machine.take_calls().at(0).id, {.ok = true, .value = "{"});
  ASSERT_EQ(machine.run(), State::kFailed);
  EXPECT_EQ(machine.error().kind, ErrorKind::kTool);
  EXPECT_EQ(machine.error().location.line, 1u);
}

TEST(Machine, SetsGlobals) {
  auto program = compile("return [data, len(data)]");
  Machine bad(program, {}, {});
  EXPECT_FALSE(bad.set_global("data", "{"));
  Machine machine(program, {}, {});
  EXPECT_TRUE(machine.set_global("data", R"({"a":1})"));
  EXPECT_TRUE(machine.set_global("unused", "[]"));
  EXPECT_FALSE(machine.set_global("unused", "["));
  EXPECT_EQ(finish(machine), State::kDone);
  EXPECT_EQ(machine.result_json(), R"([{"a":1},1])");
}

TEST(Machine, YieldsAndCountsTheSame) {
  std::string source = "t = 0\nfor i in range(1000):\n  t += len(str(i))\nreturn t";
  Outcome whole = run(source);
  Limits sliced;
  sliced.slice_steps = 7;
  Machine machine(compile(source), sliced, {});
  int yields = 0;
  while (machine.run() == State::kYielded) ++yields;
  EXPECT_GT(yields, 100);
  EXPECT_EQ(machine.result_json(), whole.result);
  EXPECT_EQ(machine.stats().steps, whole.stats.steps);
}

TEST(Machine, CancelsWhileItWaits) {
  Machine machine(compile("echo(v=1)"), {}, host_functions());
  ASSERT_EQ(machine.run(), State::kWaiting);
  std::uint64_t id = machine.take_calls().at(0).id;
  machine.cancel(ErrorKind::kCancelled, "the caller went away");
  EXPECT_FALSE(machine.resume(id, {.ok = true, .value = "1"}));
  ASSERT_EQ(machine.run(), State::kFailed);
  EXPECT_EQ(machine.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(machine.error().message, "the caller went away");
  EXPECT_EQ(machine.error().location.line, 1u);
}

TEST(Machine, CancelsBeforeItBegins) {
  Machine machine(compile("return 1"), {}, {});
  machine.cancel(ErrorKind::kCancelled, "no");
  EXPECT_EQ(machine.run(), State::kFailed);
}

TEST(Machine, ErrorsShowWhere) {
  Outcome outcome =
      run("def f(x):\n  return x + 'a'\n\ndef g():\n  return f(\"secret\" + 1)\n\ng()\n");
  ASSERT_EQ(outcome.state, State::kFailed);
  EXPECT_EQ(outcome.error.message, "unknown binary op: string + int");
  EXPECT_EQ(outcome.error.location.line, 5u);
  EXPECT_EQ(outcome.error.source_line, "  return f(\"secret\" + 1)");
  ASSERT_EQ(outcome.error.stack.size(), 2u);
  EXPECT_EQ(outcome.error.stack[0].function, "<toplevel>");
  EXPECT_EQ(outcome.error.stack[0].location.line, 7u);
  EXPECT_EQ(outcome.error.stack[1].function, "g");
}

TEST(Machine, LogsGetNoValues) {
  EXPECT_EQ(run("{'a': 1}['secret']").error.value_free_message, "key not in dict");
  EXPECT_THAT(run("fail('secret')").error.value_free_message, testing::Not(HasSubstr("secret")));
  EXPECT_THAT(run("int('secret')").error.value_free_message, testing::Not(HasSubstr("secret")));
}

TEST(Cancel, EndsALongBuiltin) {
  Limits limits;
  limits.steps = 1'000'000'000'000;
  for (const char* source : {
           "while True:\n  pass",
           "x = list(range(1000000))\nwhile True:\n  sorted(x, reverse = True)",
           "x = ['%d' % (i * 7919 % 100003) for i in range(100000)]\nwhile True:\n  sorted(x)",
           "x = 'ab' * 1000000\nwhile True:\n  x.replace('a', 'c')",
           "x = list(range(100000))\nwhile True:\n  json.encode(x)",
           "x = (1 << 500000) - 1\nwhile True:\n  x * x",
           "x = list(range(1000000))\nwhile True:\n  -1 in x",
       }) {
    SCOPED_TRACE(source);
    Machine machine(compile(source), limits, host_functions());
    std::thread canceller([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      machine.request_cancel();
    });
    State state = finish(machine);
    canceller.join();
    ASSERT_EQ(state, State::kFailed);
    EXPECT_EQ(machine.error().kind, ErrorKind::kCancelled);
  }
}

TEST(Machine, TenThousandWaitInLittleMemory) {
  std::vector<HostFunction> tools = {{.name = "echo"}};
  CompileOptions options{.predeclared = {"echo"}};
  for (int n = 0; n < 100; ++n) {
    tools.push_back({.name = "a_tool_with_number_" + std::to_string(n), .parameters = {"owner"}});
    options.predeclared.push_back(tools.back().name);
  }
  auto program = *Program::compile(
      "def fetch(name):\n"
      "  issues = echo(v=name)\n"
      "  return [i for i in issues if issues[i]]\n"
      "rows = []\n"
      "for name in ['alpha', 'beta', 'a longer name']:\n"
      "  rows.append(fetch(name))\n"
      "return rows\n",
      options);
  auto functions = std::make_shared<const std::vector<HostFunction>>(std::move(tools));
  std::size_t before = mallinfo2().uordblks;
  std::vector<Machine> machines;
  constexpr std::size_t kCount = 10'000;
  machines.reserve(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    machines.emplace_back(program, Limits{}, functions);
    ASSERT_EQ(machines.back().run(), State::kWaiting);
    ASSERT_EQ(machines.back().take_calls().size(), 1u);
  }
  std::size_t each = (mallinfo2().uordblks - before) / kCount;
  RecordProperty("bytes_of_a_waiting_script", static_cast<int>(each));
  EXPECT_LE(each, 8192u);
}

}  // namespace
}  // namespace larkspur::starlark
