// Scripts with the host of machine_for_test.h: compiled, or run to their end.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "starlark/machine_for_test.h"

namespace larkspur::starlark {

inline std::shared_ptr<const Program> compile(std::string source) {
  auto program =
      Program::compile(std::move(source), {.predeclared = {"echo", "broken", "call_tool", "data"}});
  if (!program) {
    ADD_FAILURE() << program.error().front().render("test.star");
    return nullptr;
  }
  return *program;
}

struct Outcome {
  State state;
  std::string result;
  std::string printed;
  Diagnostic error;
  Stats stats;
};
inline Outcome run(std::string source, const Limits& limits = {}) {
  Machine machine(compile(std::move(source)), limits, host_functions());
  State state = finish(machine);
  return {state, machine.result_json(), machine.printed(), machine.error(), machine.stats()};
}

}  // namespace larkspur::starlark
