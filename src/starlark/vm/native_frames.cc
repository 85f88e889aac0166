// Frames take turns: code runs in the dispatch loop, a native frame step by step.
#include <algorithm>

#include "starlark/vm/interpreter.h"
#include "starlark/vm/tasks.h"

namespace larkspur::starlark {

Interpreter::Outcome Interpreter::run(Task& task) {
  for (;;) {
    if (task.depth == 0) return Outcome::kFinished;
    Outcome outcome = task.top().proto != nullptr ? execute(task) : step(task);
    if (outcome != Outcome::kContinue) return outcome;
  }
}

Interpreter::Outcome Interpreter::step(Task& task) {
  for (;;) {
    if (!context_.charge(1)) return Outcome::kFailed;
    Frame& frame = task.top();
    Value* state = task.registers + frame.base;
    Step next = frame.step(context_, {state, frame.size}, state[frame.size]);
    if (next.kind == Step::Kind::kFail) return Outcome::kFailed;
    if (next.kind == Step::Kind::kFinish) {
      --task.depth;
      deliver(task, next.value);
      return Outcome::kContinue;
    }
    CallArguments arguments{.first = task.stack_end(), .positional = next.argument_count};
    if (!reserve_registers(context_, task, arguments.first + next.argument_count))
      return Outcome::kFailed;
    std::copy_n(next.arguments, next.argument_count, task.registers + arguments.first);
    if (next.kind == Step::Kind::kCallWith) {
      static const CallSite kOnlySpread{.has_args = true, .has_kwargs = true};
      if (!spread(task, kOnlySpread, arguments.first, arguments)) return Outcome::kFailed;
    }
    Value returned = call(task, next.value, arguments);
    if (returned.is_failed()) return Outcome::kFailed;
    if (returned.is_pending()) {
      if (task.state != Task::State::kReady) return Outcome::kBlocked;
      return context_.fuel_.left == 0 ? Outcome::kYielded : Outcome::kContinue;
    }
    deliver(task, returned);
    if (context_.fuel_.left == 0) return Outcome::kYielded;
  }
}

}  // namespace larkspur::starlark
