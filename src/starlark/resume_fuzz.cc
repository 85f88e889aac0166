// A script and what the host answers: the source up to the first zero byte, then the results, one
// after the other, each up to the next zero byte; one that begins with '!' is a failure. Whatever
// comes back, the machine ends within its limits.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "starlark/starlark.h"

namespace {

using namespace larkspur::starlark;

void check(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> split(const std::string& input) {
  std::vector<std::string> parts(1);
  for (char c : input) {
    if (c == '\0') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

State run_slices(Machine& machine) {
  State state = State::kYielded;
  while (state == State::kYielded) state = machine.run();
  return state;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> parts = split({reinterpret_cast<const char*>(data), size});
  auto program = Program::compile(parts[0], {.predeclared = {"tool", "data"}});
  if (!program) return 0;
  Limits limits;
  limits.steps = 200'000;
  limits.memory_bytes = 2 << 20;
  limits.host_calls = 30;
  limits.parallel = 4;
  limits.collect_always = size % 3 == 0;
  if (limits.collect_always) limits.steps = 20'000;  // each looks at all that lives
  Machine machine(*program, limits, std::vector<HostFunction>{{.name = "tool"}});
  std::size_t next = 1;
  const auto result = [&]() -> HostResult {
    if (next >= parts.size()) return {.ok = true, .value = "null"};
    const std::string& text = parts[next++];
    if (text.starts_with('!')) return {.ok = false, .value = text.substr(1)};
    return {.ok = true, .value = text};
  };
  if (parts.size() > 1) machine.set_global("data", parts[1]);
  State state = run_slices(machine);
  while (state == State::kWaiting) {
    // All that wait get an answer, the last one first: another order than that of the calls.
    std::vector<HostCall> calls = machine.take_calls();
    check(!calls.empty());
    for (; !calls.empty(); calls.pop_back()) {
      check(!machine.resume(calls.back().id + 1'000'000, {}));
      machine.resume(calls.back().id, result());
    }
    state = run_slices(machine);
  }
  check(machine.stats().steps <= limits.steps);
  check(machine.stats().peak_memory_bytes <= limits.memory_bytes);
  check(state != State::kFailed || !machine.error().message.empty());
  return 0;
}
