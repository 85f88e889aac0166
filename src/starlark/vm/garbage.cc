// What is alive: the roots of a collection. A frame's registers are all initialised when the frame
// is pushed and all marked for as long as it is there, so none of them ever points to a freed cell.
// What lies between the frames (the arguments of a call as they were before they were bound) is
// read no more.

#include "starlark/vm/collector.h"
#include "starlark/vm/tasks.h"

namespace larkspur::starlark {
namespace {

void mark_frames(Collector& collector, Task& task) {
  collector.mark_block(task.registers);
  collector.mark_block(task.frames);
  for (std::uint32_t i = 0; i < task.depth; ++i) {
    const Frame& frame = task.frames[i];
    if (frame.function != nullptr) collector.mark(frame.function);
    std::uint32_t size = frame.size + (frame.proto == nullptr ? 1u : 0u);
    collector.mark({task.registers + frame.base, size});
  }
}

void mark_task(Collector& collector, Task& task) {
  mark_frames(collector, task);
  collector.mark(task.function);
  collector.mark(task.result);
  collector.mark(task.tool_error);
  collector.mark(task.call.tool_name);
  collector.mark(task.call.arguments);
  for (PrintedLine* line = task.printed.first; line != nullptr; line = line->next) {
    collector.mark_block(line);
  }
}

// Tasks that were cancelled stay in their queue until their turn comes.
void mark_queue(Collector& collector, const TaskQueue& queue) {
  for (Task* task = queue.first(); task != nullptr; task = task->next) {
    if (task->group != nullptr) collector.mark_block(task);
  }
}

}  // namespace

void Tasks::collect() {
  Collector collector(context_.heap());
  mark_roots(collector);
  std::uint64_t work = collector.finish();
  if (context_.limits().collect_always) {
    context_.heap().request_collection();
  } else {
    context_.fuel_.restore();
    context_.charge(work);  // may fail: the caller looks
  }
}

void Tasks::mark_roots(Collector& collector) {
  const Environment& environment = interpreter_.environment();
  const Module& module = *environment.module;
  for (auto [values, size] : {std::pair(environment.globals, module.globals.size()),
                              std::pair(environment.predeclared, module.predeclared.size())}) {
    collector.mark_block(values);
    collector.mark({values, size});
  }
  mark_queue(collector, ready_);
  mark_queue(collector, waiting_for_turn_);
  std::vector<Task*> pending = {&root_};
  while (!pending.empty()) {
    Task& task = *pending.back();
    pending.pop_back();
    mark_task(collector, task);
    Group* group = task.children;
    if (group == nullptr) continue;
    collector.mark_block(group);
    collector.mark(group->functions);
    collector.mark(group->results);
    for (std::uint32_t i = 0; i < group->started; ++i) {
      collector.mark_block(group->tasks[i]);
      pending.push_back(group->tasks[i]);
    }
  }
}

}  // namespace larkspur::starlark
