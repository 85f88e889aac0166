// Hostile scripts: each ends by itself, on a small C++ stack, within its memory, and the same way
// twice. How long they take is measured by bench/starlark; here they only have to end.
#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>

#include "starlark/hostile_for_test.h"
#include "starlark/starlark.h"

namespace larkspur::starlark {
namespace {

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// A sanitizer's frames are several times as large.
constexpr std::size_t kStackBytes = (kSanitized ? 4096u : 512u) << 10;

void on_small_stack(std::function<void()> work) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStackBytes), 0);
  pthread_t thread;
  auto run = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &work), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// Resident memory of this process in bytes: now, or at most since the mark was cleared.
std::size_t resident(std::string_view which) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(which)) return std::stoull(line.substr(which.size() + 1)) << 10;
  }
  return 0;
}
bool clear_mark() {
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << "5" << std::flush);
}

struct Ending {
  State state = State::kFailed;
  ErrorKind kind = ErrorKind::kSyntax;
  std::string message;
  Stats stats;

  bool operator==(const Ending& other) const {
    return state == other.state && kind == other.kind && message == other.message &&
           stats.steps == other.stats.steps &&
           stats.peak_memory_bytes == other.stats.peak_memory_bytes;
  }
};

// Fewer steps than the default, for there are many scripts; bench/starlark runs them with all.
Limits limits() {
  Limits limits;
  limits.steps = kSanitized ? 500'000 : 5'000'000;
  return limits;
}

Ending run(const HostileScript& script) {
  auto program = Program::compile(script.source, {});
  if (!program) return {.message = program.error().front().message};
  const std::size_t before = resident("VmRSS:");
  const bool marked = !kSanitized && clear_mark();
  Machine machine(*program, limits(), {});
  State state = State::kYielded;
  while (state == State::kYielded) state = machine.run();
  const Stats stats = machine.stats();
  EXPECT_LE(stats.steps, limits().steps);
  EXPECT_LE(stats.peak_memory_bytes, limits().memory_bytes);
  if (marked && before > 0) {
    EXPECT_LE(resident("VmHWM:"), before + limits().memory_bytes / 10 * 11);
  }
  if (state != State::kFailed) return {.state = state, .stats = stats};
  return {state, machine.error().kind, machine.error().message, stats};
}

void check_all(const std::vector<HostileScript>& scripts) {
  on_small_stack([&] {
    for (const HostileScript& script : scripts) {
      SCOPED_TRACE(script.name);
      const Ending first = run(script);
      EXPECT_NE(first.state, State::kWaiting);
      EXPECT_LE(first.message.size(), 4096u);
      if (!kSanitized) EXPECT_EQ(first, run(script));
    }
  });
}

TEST(Hostile, FilesEndWithinTheirLimitsAndTheSameWayTwice) {
  const auto scripts = hostile_files();
  EXPECT_GE(scripts.size(), 31u);
  check_all(scripts);
}

TEST(Hostile, SourcesEndWithinTheirLimitsAndTheSameWayTwice) {
  std::vector<HostileScript> scripts;
  add_sources(scripts);
  check_all(scripts);
}

class HostileExpressions : public testing::TestWithParam<bool> {};

TEST_P(HostileExpressions, EndWithinTheirLimitsAndTheSameWayTwice) {
  std::vector<HostileScript> scripts;
  add_expressions(scripts);
  std::erase_if(scripts,
                [](const auto& each) { return each.name.starts_with("try_call") != GetParam(); });
  check_all(scripts);
}

INSTANTIATE_TEST_SUITE_P(InTryCall, HostileExpressions, testing::Bool());

TEST(Hostile, LimitsEndAScriptThatTriesToGoOn) {
  on_small_stack([] {
    const char* source =
        "def try_for_ever(f):\n"
        "  while True:\n"
        "    try_call(f)\n"
        "    try_call(lambda: try_call(f))\n"
        "    parallel([f, f], on_error = 'collect')\n"
        "def spin():\n"
        "  while True: pass\n"
        "try_for_ever({})\n";
    for (auto [function, kind] :
         {std::pair("spin", ErrorKind::kStepLimit),
          std::pair("lambda: [0] * (1 << 30)", ErrorKind::kMemoryLimit),
          std::pair("lambda: print('x' * 1000000)", ErrorKind::kOutputLimit)}) {
      std::string text = source;
      text.replace(text.find("{}"), 2, function);
      const Ending end = run({function, text});
      EXPECT_EQ(end.state, State::kFailed) << function;
      EXPECT_EQ(end.kind, kind) << function << ": " << end.message;
    }
  });
}

}  // namespace
}  // namespace larkspur::starlark
