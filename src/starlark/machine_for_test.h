// A host for tests: the tools that scripts find, and a loop that answers their calls.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "starlark/starlark.h"

namespace larkspur::starlark {

inline const std::vector<HostFunction>& host_functions() {
  static const std::vector<HostFunction> functions = {
      {.name = "echo", .parameters = {"v"}},
      {.name = "broken"},
      {.name = "call_tool", .takes_tool_name = true},
  };
  return functions;
}

inline HostResult answer(const HostCall& call) {
  if (call.function == 1) return {.ok = false, .value = "broken on purpose"};
  return {.ok = true, .value = call.arguments};
}

// Answers calls as they come, in the order that `order` gives them, until the script ends.
template <class Order>
State finish(Machine& machine, Order order) {
  std::vector<HostCall> pending;
  for (;;) {
    State state = machine.run();
    if (state == State::kYielded) continue;
    if (state != State::kWaiting) return state;
    for (HostCall& call : machine.take_calls()) pending.push_back(std::move(call));
    if (pending.empty()) {
      ADD_FAILURE() << "waits for nothing";
      return state;
    }
    auto next = order(pending);
    HostCall call = std::move(*next);
    pending.erase(next);
    machine.resume(call.id, answer(call));
  }
}
inline State finish(Machine& machine) {
  return finish(machine, [](auto& calls) { return calls.begin(); });
}

}  // namespace larkspur::starlark
