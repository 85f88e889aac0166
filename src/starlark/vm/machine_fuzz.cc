// Any source, under small limits: the machine ends with an answer, within its limits, and never
// waits for what the host does not know of.
#include <cstdint>
#include <cstdlib>

#include "starlark/starlark.h"

namespace {

using namespace larkspur::starlark;

void check(bool holds) {
  if (!holds) std::abort();
}

State run_slices(Machine& machine) {
  State state = State::kYielded;
  while (state == State::kYielded) state = machine.run();
  return state;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string source(reinterpret_cast<const char*>(data), size);
  auto program = Program::compile(source, {.predeclared = {"tool", "call_tool", "data"}});
  if (!program) return 0;
  Limits limits;
  limits.steps = 200'000;
  limits.slice_steps = 1'000;
  limits.memory_bytes = 2 << 20;
  limits.depth = 60;
  limits.host_calls = 20;
  limits.parallel = 3;
  limits.print_bytes = 1'000;
  limits.output_bytes = 10'000;
  Machine machine(*program, limits,
                  std::vector<HostFunction>{{.name = "tool", .parameters = {"x"}},
                                            {.name = "call_tool", .takes_tool_name = true}});
  machine.set_global("data", R"({"a":[1,2.5,"text",null]})");
  State state = run_slices(machine);
  bool oldest_first = size % 2 == 0;
  std::vector<HostCall> pending;
  while (state == State::kWaiting) {
    for (HostCall& call : machine.take_calls()) pending.push_back(std::move(call));
    check(!pending.empty());
    HostCall call = oldest_first ? std::move(pending.front()) : std::move(pending.back());
    pending.erase(oldest_first ? pending.begin() : pending.end() - 1);
    // Calls of cancelled tasks are refused; every third call fails.
    machine.resume(call.id, {.ok = call.index % 3 != 0, .value = call.arguments});
    state = run_slices(machine);
  }
  Stats stats = machine.stats();
  check(stats.steps <= limits.steps);
  check(stats.peak_memory_bytes <= limits.memory_bytes);
  check(stats.host_calls <= limits.host_calls);
  check(machine.printed().size() <= limits.print_bytes);
  check(machine.result_json().size() <= limits.output_bytes);
  check(state != State::kFailed || !machine.error().message.empty());
  return 0;
}
