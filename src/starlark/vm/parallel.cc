// parallel(fns, limit=None, on_error="fail"): runs functions without arguments as tasks; the
// results come in the order of the functions, whatever order they ended in.
//
// on_error="fail": the failure with the lowest number is the failure of parallel(). So that it does
// not depend on who fails first, a failure cancels the tasks after it at once, and those before it
// run to their end. on_error="collect": every result is {"ok": True, "value": v} or {"ok": False,
// "error": message}.

#include <fmt/format.h>

#include <algorithm>

#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"
#include "starlark/vm/tasks.h"

namespace larkspur::starlark {
namespace {

// Tasks beyond those whose calls can be in flight would only wait: by default no more run at once.
bool read_limit(Context& context, Value value, std::uint32_t& limit) {
  limit = std::max<std::uint32_t>(context.limits().parallel, 1);
  if (value.is_missing() || value.is_none()) return true;
  if (!value.is_small_int()) {
    context.fail(fmt::format("parallel: for parameter limit: got {}, want int", type_name(value)));
    return false;
  }
  if (value.as_small_int() < 1) {
    context.fail(fmt::format("parallel: limit must be at least 1, not {}", value.as_small_int()));
    return false;
  }
  limit = static_cast<std::uint32_t>(std::min<std::int64_t>(value.as_small_int(), limit));
  return true;
}

bool read_on_error(Context& context, Value value, bool& collect) {
  collect = false;
  if (value.is_missing()) return true;
  if (is_string(value)) {
    std::string_view text = text_of(value);
    collect = text == "collect";
    if (collect || text == "fail") return true;
  }
  context.fail("parallel: on_error must be \"fail\" or \"collect\"", {},
               "parallel: on_error must be fail or collect");
  return false;
}

Value parallel(Context& context, const Args& args) {
  Value v[3];
  std::uint32_t limit;
  bool collect;
  if (!args.bind(context, {"fns", "limit?", "*", "on_error?"}, v)) return Value::failed();
  if (!read_limit(context, v[1], limit) || !read_on_error(context, v[2], collect))
    return Value::failed();
  List* functions = to_list(context, v[0], "parallel");
  if (functions == nullptr) return Value::failed();
  for (Value function : functions->values()) {
    if (is_callable(function)) continue;
    return context.fail(
        fmt::format("parallel: got {} among fns, want functions", type_name(function)),
        "pass functions, not their results: parallel([lambda: f(1), lambda: f(2)])");
  }
  return context.start_group(functions, limit, collect);
}

constexpr Builtin kFunctions[] = {{"parallel", parallel}, {"try_call", try_call}};

}  // namespace

std::span<const Builtin> task_functions() {
  return kFunctions;
}

Value Context::start_group(List* functions, std::uint32_t limit, bool collect) {
  return tasks_->start_group(functions, limit, collect);
}

Value Tasks::start_group(List* functions, std::uint32_t limit, bool collect) {
  Task& parent = *current_;
  ++parallel_calls_;
  ++parent.calls;
  std::uint32_t count = functions->length;
  if (count == 0) return Value::object(functions);
  std::size_t bytes = sizeof(Group) + count * sizeof(Task*);
  auto* group = static_cast<Group*>(context_.heap().allocate_block(bytes));
  List* results = context_.list(count);
  if (group == nullptr) return context_.out_of_memory(), Value::failed();
  if (results == nullptr) return Value::failed();
  results->length = count;
  std::fill_n(results->items, count, Value::none());
  *group = {.parent = &parent,
            .functions = functions,
            .results = results,
            .tasks = trailing<Task*>(group),
            .count = count,
            .limit = limit,
            .started = 0,
            .running = 0,
            .place = parent.calls,
            .collect = collect,
            .error = nullptr};
  parent.children = group;
  parent.state = Task::State::kJoining;
  if (!start_tasks(*group)) return Value::failed();
  return Value::pending();
}

bool Tasks::start_tasks(Group& group) {
  while (group.started < group.count && group.running < group.limit) {
    if (!context_.charge(10)) return false;
    Task* task = new_task(group, group.started + 1);
    if (task == nullptr) return false;
    group.tasks[group.started++] = task;
    ++group.running;
    ++parallel_tasks_;
    ready(*task);
  }
  return true;
}

Task* Tasks::new_task(Group& group, std::uint32_t number) {
  // Nesting counts against the depth of the script: a task continues the stack of its parent.
  Task& parent = *group.parent;
  if (parent.depth_limit <= parent.depth + 1) {
    stack_overflow(context_);
    return nullptr;
  }
  std::size_t bytes = sizeof(Task);
  void* memory = context_.heap().allocate_block(bytes);
  if (memory == nullptr) {
    context_.out_of_memory();
    return nullptr;
  }
  Task* task = new (memory) Task;
  task->number = number;
  task->group = &group;
  task->depth_limit = parent.depth_limit - parent.depth - 1;
  task->function = group.functions->items[number - 1];
  return task;
}

bool Tasks::store_result(Task& task) {
  Group& group = *task.group;
  Value result = group.collect ? outcome_record(context_, task.result, true, {}) : task.result;
  group.results->items[task.number - 1] = result;
  return !result.is_failed();
}

// A task of the group has ended well, or its failure was collected.
void Tasks::group_progress(Group& group) {
  if (!start_tasks(group)) return task_failed(group.parent);
  if (group.running > 0) return;
  group_done(group);
  if (context_.has_failed()) return task_failed(group.parent);
  deliver(*group.parent, Value::object(group.results));
  ready(*group.parent);
}

// All have ended. The lines that they printed join those of the parent; the kept error, if there is
// one, becomes the error of the context.
void Tasks::group_done(Group& group) {
  merge_output(group);
  group.parent->children = nullptr;
  if (group.error == nullptr) return;
  auto kept = std::find_if(kept_errors_.begin(), kept_errors_.end(),
                           [&](const auto& error) { return error.get() == group.error; });
  context_.error_ = std::move(*kept);
  kept_errors_.erase(kept);
}

void Tasks::merge_output(Group& group) {
  for (std::uint32_t i = 0; i < group.started; ++i) {
    // A cancelled task may have children with lines of their own.
    Task& task = *group.tasks[i];
    if (task.children != nullptr) merge_output(*task.children);
    group.parent->printed.append(task.printed);
  }
}

// The context's error belongs to task `number`: the group keeps it when it is the lowest so far.
void Tasks::keep_error(Group& group, std::uint32_t number) {
  std::unique_ptr<Diagnostic> error = std::move(context_.error_);
  if (group.error == nullptr) {
    group.error = error.get();
    kept_errors_.push_back(std::move(error));
  } else {
    for (auto& kept : kept_errors_) {
      if (kept.get() == group.error) {
        group.error = error.get();
        kept = std::move(error);
        break;
      }
    }
  }
  // Only tasks below the failed one are left, so the next failure has a lower number still.
  cancel_above(group, number);
}

void Tasks::cancel_above(Group& group, std::uint32_t number) {
  group.count = std::min(group.count, number);
  for (std::uint32_t i = number; i < group.started; ++i) {
    Task& task = *group.tasks[i];
    if (task.state == Task::State::kEnded) continue;
    --group.running;
    cancel(task);
  }
  issue_waiting();
}

void Tasks::cancel(Task& first) {
  std::vector<Task*> doomed = {&first};
  while (!doomed.empty()) {
    Task& task = *doomed.back();
    doomed.pop_back();
    if (task.state == Task::State::kEnded) continue;
    if (task.state == Task::State::kWaiting) drop_call(task);
    task.state = Task::State::kEnded;
    if (task.children != nullptr) {
      for (std::uint32_t i = 0; i < task.children->started; ++i)
        doomed.push_back(task.children->tasks[i]);
    }
    unwind(context_, task);
  }
}

}  // namespace larkspur::starlark
