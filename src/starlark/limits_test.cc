// The limits of a run, one by one. tests/limit/*.star has more, as scripts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "starlark/script_for_test.h"

namespace larkspur::starlark {
namespace {

using testing::HasSubstr;

Diagnostic failure(std::string source, const Limits& limits = {}) {
  Outcome outcome = run(std::move(source), limits);
  EXPECT_EQ(outcome.state, State::kFailed);
  EXPECT_LE(outcome.stats.peak_memory_bytes, limits.memory_bytes);
  EXPECT_LE(outcome.stats.steps, limits.steps);
  return outcome.error;
}

TEST(Limit, Steps) {
  Limits limits;
  limits.steps = 1'000'000;
  EXPECT_EQ(failure("while True:\n  pass", limits).kind, ErrorKind::kStepLimit);
  EXPECT_EQ(failure("for i in range(1 << 40):\n  len(str(i))", limits).kind, ErrorKind::kStepLimit);
  EXPECT_EQ(failure("x = list(range(10000))\nfor i in range(10000):\n  -1 in x", limits).kind,
            ErrorKind::kStepLimit);
}

TEST(Limit, Memory) {
  Limits limits;
  limits.memory_bytes = 4 << 20;
  EXPECT_EQ(failure("x = []\nwhile True:\n  x.append('a longer text %d' % len(x))", limits).kind,
            ErrorKind::kMemoryLimit);
  EXPECT_EQ(failure("x = 'ab'\nwhile True:\n  x += x", limits).kind, ErrorKind::kMemoryLimit);
  EXPECT_EQ(failure("x = [1]\nwhile True:\n  x += x", limits).kind, ErrorKind::kMemoryLimit);
  EXPECT_EQ(failure("x = {}\nfor i in range(1 << 40):\n  x[i] = i", limits).kind,
            ErrorKind::kMemoryLimit);
  EXPECT_EQ(failure("x = None\nwhile True:\n  x = (x,)", limits).kind, ErrorKind::kMemoryLimit);
  EXPECT_EQ(failure("x = 'a' * (1 << 30)", limits).kind, ErrorKind::kMemoryLimit);
}

std::uint64_t cpu_clock() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

TEST(Limit, CpuTime) {
  Limits limits;
  limits.steps = 1'000'000'000'000;
  limits.cpu_ns = 20'000'000;
  limits.cpu_clock = cpu_clock;
  std::uint64_t begin = cpu_clock();
  Outcome outcome = run("while True:\n  pass", limits);
  EXPECT_LT(cpu_clock() - begin, 200'000'000u);
  EXPECT_EQ(outcome.error.kind, ErrorKind::kStepLimit);
  EXPECT_THAT(outcome.error.message, HasSubstr("CPU time limit of 20 ms"));
}

TEST(Limit, MemoryTooSmallToBegin) {
  Limits limits;
  limits.memory_bytes = 100;
  EXPECT_EQ(failure("print('a longer text')", limits).kind, ErrorKind::kMemoryLimit);
}

TEST(Limit, MemoryOfAResult) {
  Limits limits;
  limits.memory_bytes = 1 << 20;
  Machine machine(compile("x = echo(v=1)"), limits, host_functions());
  ASSERT_EQ(machine.run(), State::kWaiting);
  std::string large = "[\"" + std::string(4 << 20, 'x') + "\"]";
  EXPECT_TRUE(machine.resume(machine.take_calls().at(0).id, {.ok = true, .value = large}));
  ASSERT_EQ(machine.run(), State::kFailed);
  EXPECT_EQ(machine.error().kind, ErrorKind::kMemoryLimit);
}

TEST(Limit, Depth) {
  EXPECT_THAT(failure("def f(n):\n  return f(n + 1) + 1\nf(0)").message,
              HasSubstr("deeper than 1000"));
  EXPECT_THAT(failure("def f(x):\n  return sorted([x], key=f)\nf(0)").message,
              HasSubstr("deeper than 1000"));
  EXPECT_EQ(run("def f(n):\n  return n if n == 0 else f(n - 1)\nreturn f(900)").result, "0");
  EXPECT_LE(failure("def f(n):\n  return f(n + 1)\nf(0)").stack.size(), 101u);
}

TEST(Limit, HostCalls) {
  Limits limits;
  limits.host_calls = 5;
  Diagnostic error = failure("for i in range(10):\n  echo(v=i)", limits);
  EXPECT_EQ(error.kind, ErrorKind::kCallLimit);
  EXPECT_EQ(error.location.line, 2u);
}

TEST(Limit, Prints) {
  Limits limits;
  limits.print_bytes = 100;
  Outcome outcome = run("while True:\n  print('line')", limits);
  EXPECT_EQ(outcome.error.kind, ErrorKind::kOutputLimit);
  EXPECT_EQ(outcome.printed.size(), 100u);
}

TEST(Limit, Output) {
  Limits limits;
  limits.output_bytes = 1000;
  EXPECT_EQ(failure("return 'x' * 2000", limits).kind, ErrorKind::kOutputLimit);
  EXPECT_EQ(run("return 'x' * 900", limits).state, State::kDone);
}

TEST(Limit, MessagesAreShort) {
  EXPECT_LT(failure("fail('x' * 1000000)").message.size(), 3000u);
  EXPECT_LT(failure("{}['x' * 1000000]").message.size(), 3000u);
  EXPECT_LT(failure("{}[tuple(range(100000))]").message.size(), 3000u);
}

}  // namespace
}  // namespace larkspur::starlark
