// A script ends within 10 ms of request_cancel(), inside a long builtin too. No clock is asked: a
// step stands for about 10 ns of work, so what is charged between two looks at the flag tells how
// long a builtin works on unwatched. Limits::cpu_clock, which is asked where the flag is looked at,
// counts the looks.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "starlark/starlark.h"

namespace larkspur::starlark {
namespace {

constexpr std::uint64_t kMostSteps = 800'000;  // 8 ms

thread_local std::uint64_t looks = 0;

// Steps for each look, in the mean: work may be charged for in advance, and looked after while it
// is done.
std::uint64_t steps_per_look(const std::string& source) {
  auto program = Program::compile(source, {});
  EXPECT_TRUE(program) << source;
  if (!program) return 0;
  Limits limits;
  limits.cpu_ns = 1;
  limits.cpu_clock = [] {
    ++looks;
    return std::uint64_t{0};
  };
  looks = 0;
  Machine machine(*program, limits, {});
  State state = State::kYielded;
  while (state == State::kYielded) state = machine.run();
  return machine.stats().steps / looks;
}

class LongBuiltin : public testing::TestWithParam<const char*> {};

TEST_P(LongBuiltin, LooksWhetherItIsCancelled) {
  EXPECT_LE(steps_per_look(GetParam()), kMostSteps);
}

INSTANTIATE_TEST_SUITE_P(
    Each, LongBuiltin,
    testing::Values(
        // growing
        "x = 'ab' * 30000000", "x = b'a' * 30000000", "x = [1, 2] * 3000000",
        "x = 'a' * 20000000 + 'b' * 20000000", "x = [0] * 3000000\nx += x",
        "x = list(range(7000000))", "x = tuple(range(3000000))", "x = set(range(600000))",
        "x = enumerate(range(1000000))", "x = zip(range(900000), range(900000))",
        "x = dict([(i, i) for i in range(300000)])", "x = reversed(range(3000000))",
        "x = list(('a' * 6000000).elems())", "x = [0] * 3000000\nx.extend(range(3000000))",
        "x = ','.join(['abcdefghijkl'] * 2000000)",
        // text
        "x = ('ß' * 10000000).upper()", "x = ('a' * 20000000).title()",
        "x = ('a' * 40000000).isalpha()", "x = hash('a' * 40000000)", "x = hash(b'a' * 40000000)",
        "x = ('a,' * 2000000).split(',')", "x = ('a ' * 2000000).split()",
        "x = ('a\\n' * 2000000).splitlines()", "x = ('ab' * 5000000).replace('a', 'cd')",
        "x = ('a' * 20000000).count('a')", "x = ('a' * 40000000).find('b')",
        "x = ('ab' * 20000000).rfind('bb')", "x = ('a' * 40000000 + 'b').strip('b')",
        "x = repr('\\n' * 15000000)", "x = '{0}{0}'.format('x' * 15000000)",
        "x = '%s%s' % ('x' * 15000000, 'y' * 15000000)", "x = ('é' * 10000000)[5:-5:2]",
        "x = 'b' in 'a' * 50000000",
        // numbers
        "x = ((1 << 500000) - 1) * ((1 << 500000) - 1)",
        "x = (1 << 1000000) // ((1 << 500000) - 1)", "x = str((1 << 1000000) - 1)",
        "x = int('9' * 300000)", "x = pow(3, 600000)", "x = pow(3, 1 << 20000, (1 << 20000) - 1)",
        "x = sum(range(7000000))", "x = max(range(7000000))", "x = any([0] * 7000000)",
        // JSON
        "x = json.encode(list(range(1000000)))", "x = json.encode('\\n' * 10000000)",
        "x = json.decode('[' + '1,' * 1000000 + '1]')",
        "x = json.decode('\"' + 'a' * 20000000 + '\"')",
        "x = json.encode_indent(list(range(1000000)))",
        // values in values
        "x = sorted([i * 7919 % 1000003 for i in range(600000)])",
        "x = sorted([str(i) for i in range(200000)])", "x = [0] * 4000000 == [0] * 4000000",
        "x = [0] * 4000000 < [0] * 4000000", "x = hash(str([0] * 4000000))",
        "x = {(0,) * 4000000: 1}", "x = -1 in list(range(4000000))",
        "x = list(range(4000000)).index(3999999)",
        "a = {i: i for i in range(200000)}\nx = a == dict(a)",
        "a = set(range(300000))\nx = a - set(range(150000))",
        // patterns
        "x = re.findall('a', 'a' * 500000)", "x = re.sub('a', 'bc', 'a' * 2000000)",
        "x = re.split(',', 'a,' * 500000)"));

TEST(LongBuiltin, IsCancelledWhereItLooks) {
  // Asked for at the tenth look: the script ends there, inside of the only call that it makes.
  static thread_local Machine* running = nullptr;
  static thread_local int count = 0;
  auto program = Program::compile("x = sorted([i * 7919 % 1000003 for i in range(600000)])", {});
  ASSERT_TRUE(program);
  Limits limits;
  limits.cpu_ns = 1;
  limits.cpu_clock = [] {
    if (++count == 10) running->request_cancel();
    return std::uint64_t{0};
  };
  Machine machine(*program, limits, {});
  running = &machine;
  State state = machine.run();
  while (state == State::kYielded) state = machine.run();
  ASSERT_EQ(state, State::kFailed);
  EXPECT_EQ(machine.error().kind, ErrorKind::kCancelled);
  EXPECT_LE(count, 14);
}

}  // namespace
}  // namespace larkspur::starlark
