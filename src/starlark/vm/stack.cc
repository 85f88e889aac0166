#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "starlark/vm/loops.h"
#include "starlark/vm/task.h"

namespace larkspur::starlark {
namespace {

constexpr std::uint32_t kFirstRegisters = 24;
constexpr std::uint32_t kFirstFrames = 4;
constexpr std::uint32_t kMaxRegisters = std::numeric_limits<std::uint32_t>::max() / sizeof(Value);
constexpr std::size_t kMaxTracebackFrames = 100;

// The instruction that a frame is at: pc has moved past it, except where the frame has not begun.
std::size_t instruction_of(const Frame& frame) {
  auto next = static_cast<std::size_t>(frame.pc - frame.proto->code.data());
  return next == 0 ? 0 : next - 1;
}

}  // namespace

bool reserve_registers(Context& context, Task& task, std::uint32_t end) {
  if (end <= task.register_capacity) return true;
  if (end > kMaxRegisters) return context.out_of_memory();
  std::uint32_t wanted =
      std::max({end, kFirstRegisters, task.register_capacity + task.register_capacity / 2});
  std::size_t old_bytes = task.register_capacity * sizeof(Value);
  std::size_t bytes = wanted * sizeof(Value);
  void* grown = context.heap().grow_block(task.registers, old_bytes, old_bytes, bytes);
  if (grown == nullptr) return context.out_of_memory();
  task.registers = static_cast<Value*>(grown);
  std::uint32_t old_capacity = task.register_capacity;
  task.register_capacity = static_cast<std::uint32_t>(bytes / sizeof(Value));
  std::fill(task.registers + old_capacity, task.registers + task.register_capacity,
            Value::missing());
  return true;
}

void stack_overflow(Context& context) {
  // In starlark-go an error like any other, which its tests expect.
  context.fail(context.strict() ? ErrorKind::kRuntime : ErrorKind::kDepthLimit,
               fmt::format("Starlark stack overflow: call stack deeper than {} frames",
                           context.limits().depth),
               "does the recursion end?");
}

Frame* push_frame(Context& context, Task& task) {
  if (task.depth >= task.depth_limit) {
    stack_overflow(context);
    return nullptr;
  }
  if (task.depth == task.frame_capacity) {
    std::size_t old_bytes = task.frame_capacity * sizeof(Frame);
    std::size_t bytes = std::max(kFirstFrames, task.frame_capacity * 2) * sizeof(Frame);
    void* grown = context.heap().grow_block(task.frames, old_bytes, old_bytes, bytes);
    if (grown == nullptr) {
      context.out_of_memory();
      return nullptr;
    }
    task.frames = static_cast<Frame*>(grown);
    task.frame_capacity = static_cast<std::uint32_t>(bytes / sizeof(Frame));
  }
  return &task.frames[task.depth++];
}

void deliver(Task& task, Value value) {
  if (task.depth == 0) {
    task.result = value;
    return;
  }
  Frame& frame = task.top();
  task.at(frame.base + (frame.proto == nullptr ? frame.size : frame.result)) = value;
}

void unwind_to(Context& context, Task& task, std::uint32_t depth) {
  // Innermost first: a frame's upper registers may hold what its callees left, which is cleared by
  // then.
  while (task.depth > depth) {
    Frame& frame = task.top();
    for (std::uint32_t i = frame.base; frame.proto != nullptr && i < frame.base + frame.size; ++i) {
      if (is_object_of(task.at(i), Type::kIterator)) end_loop(context, task.at(i));
    }
    --task.depth;
  }
}

void unwind(Context& context, Task& task) {
  unwind_to(context, task, 0);
  context.heap().free_block(task.registers, task.register_capacity * sizeof(Value));
  context.heap().free_block(task.frames, task.frame_capacity * sizeof(Frame));
  task.registers = nullptr;
  task.frames = nullptr;
  task.register_capacity = task.frame_capacity = 0;
}

void add_traceback(Diagnostic& error, const Module& module, const Task& task) {
  std::vector<StackFrame> stack;
  std::uint32_t innermost = 0;
  for (std::uint32_t i = 0; i < task.depth; ++i) {
    const Frame& frame = task.frames[i];
    if (frame.proto == nullptr) continue;
    // A runaway recursion shows its begin and its end.
    if (i >= kMaxTracebackFrames / 2 && task.depth - i > kMaxTracebackFrames / 2) continue;
    innermost = frame.proto->offsets[instruction_of(frame)];
    stack.push_back(
        {std::string(frame.proto->name), module.location(innermost), module.file(innermost).name});
  }
  if (error.location.line == 0 && !stack.empty()) {
    error.location = stack.back().location;
    error.file = stack.back().file;
    error.source_line = std::string(module.line(innermost));
  }
  error.stack.insert(error.stack.begin(), stack.begin(), stack.end());
}

Location current_location(const Module& module, const Task& task) {
  for (std::uint32_t i = task.depth; i > 0; --i) {
    const Frame& frame = task.frames[i - 1];
    if (frame.proto != nullptr) return module.location(frame.proto->offsets[instruction_of(frame)]);
  }
  return {};
}

}  // namespace larkspur::starlark
