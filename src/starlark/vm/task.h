// The state of running code: frames over a stack of registers, all on the script's heap. A task
// that waits is nothing but this.
#pragma once

#include <cstdint>

#include "starlark/compile/bytecode.h"
#include "starlark/vm/context.h"

namespace larkspur::starlark {

struct Task;

// One call in progress: of compiled code, or of a native that calls back into the script
// (vm/builtin.h). A frame's registers are base .. base + size; a callee's frame may begin inside
// them, above its arguments. A native frame's state lies there, followed by one register for what
// its last call returned.
struct Frame {
  const Proto* proto;  // nullptr: a native frame
  union {
    const Instruction* pc;  // the next instruction
    StepFunction step;
  };
  Function* function;  // whose captures the code uses; nullptr at the top level
  std::uint32_t base;  // number of the first register
  std::uint16_t
      result;          // the register of this frame that the value of the call in progress goes to
  std::uint16_t size;  // registers
};

// Lines that a task printed, in order; on the heap.
struct PrintedLine {
  PrintedLine* next;
  std::size_t size;

  char* text() { return trailing<char>(this); }
};
struct PrintedLines {
  PrintedLine* first = nullptr;
  PrintedLine* last = nullptr;

  void append(PrintedLine* line) {
    (last == nullptr ? first : last->next) = line;
    last = line;
  }
  void append(PrintedLines& others) {
    if (others.first == nullptr) return;
    (last == nullptr ? first : last->next) = others.first;
    last = others.last;
    others = {};
  }
};

// One use of parallel(): the tasks it started, and what became of them.
struct Group {
  Task* parent;
  List* functions;
  List* results;        // in the order of the functions
  Task** tasks;         // those started, in order
  std::uint32_t count;  // tasks to start: all, or fewer once one has failed
  std::uint32_t limit;  // may run at the same time
  std::uint32_t started;
  std::uint32_t running;
  std::uint32_t place;  // of parallel() among the calls of its parent
  bool collect;         // on_error="collect": failures are results
  Diagnostic* error;    // the failure of the lowest number so far; owned by Tasks
};

// The host call that a task waits for.
struct PendingCall {
  std::uint64_t id = 0;  // 0: none
  std::uint32_t function = 0;
  std::uint32_t index = 0;
  std::uint32_t place = 0;
  Location location;
  Value tool_name;  // kept while the call waits for its turn
  Value arguments;  // JSON text
};

struct Task {
  enum class State : std::uint8_t {
    kReady,    // runs, or could
    kWaiting,  // for a host call
    kJoining,  // for its children
    kEnded,    // finished, failed or cancelled
  };

  State state = State::kReady;
  bool begun = false;
  std::uint32_t number = 0;  // 1, 2, ... in its group
  Group* group = nullptr;    // nullptr: the script itself
  Group* children = nullptr;
  Task* next = nullptr;  // in the queue that it stands in

  Value* registers = nullptr;  // a block
  std::uint32_t register_capacity = 0;
  std::uint32_t frame_capacity = 0;
  Frame* frames = nullptr;  // a block
  std::uint32_t depth = 0;  // frames in use
  std::uint32_t depth_limit = 0;
  std::uint32_t calls = 0;  // host calls and uses of parallel() so far

  Value function = Value::missing();    // what to call when it begins; the script itself: missing
  Value result;                         // when no frame is left
  Value tool_error = Value::missing();  // the message when the host call failed, else missing
  PendingCall call;
  PrintedLines printed;

  Frame& top() { return frames[depth - 1]; }
  Value& at(std::uint32_t index) { return registers[index]; }
  // The number of the first register that no frame uses.
  std::uint32_t stack_end() {
    if (depth == 0) return 0;
    return top().base + top().size + (top().proto == nullptr ? 1 : 0);
  }
};

// A first-in first-out line of tasks.
class TaskQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  void push(Task& task) {
    task.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &task;
    last_ = &task;
  }
  Task* pop() {
    Task* task = first_;
    if (task != nullptr) first_ = task->next;
    return task;
  }
  Task* first() const { return first_; }

 private:
  Task* first_ = nullptr;
  Task* last_ = nullptr;
};

// --- stack.cc ---

// Room for registers up to number `end`. Moves them: pointers into the stack are dead afterwards.
bool reserve_registers(Context& context, Task& task, std::uint32_t end);
// Records the depth-limit error.
void stack_overflow(Context& context);
// A frame on top of the task's stack; nullptr at the depth limit or out of memory. The caller fills
// it.
Frame* push_frame(Context& context, Task& task);
// Gives `value` to whoever waits for it: the top frame, or the task's end when there is none.
void deliver(Task& task, Value value);
// Ends every loop that the frames above the lowest `depth` still hold, and drops those frames.
void unwind_to(Context& context, Task& task, std::uint32_t depth);
// Ends every loop that the task's frames still hold, drops the frames, and gives their memory back.
void unwind(Context& context, Task& task);
// Adds the task's frames to the call stack of `error`, outside of what is there already.
void add_traceback(Diagnostic& error, const Module& module, const Task& task);
// Where the task is: the call that the innermost compiled frame makes.
Location current_location(const Module& module, const Task& task);

}  // namespace larkspur::starlark
