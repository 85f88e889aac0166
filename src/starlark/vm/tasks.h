// The tasks of one script: which runs, which waits for what, and what becomes of the results.
//
// There is one task for the script itself, and one for each function that parallel() runs. They
// share the heap and the budget. One runs at a time, and it runs until it ends or must wait: the
// switch is never inside other code, so tasks may share what they capture. Ready tasks run in the
// order in which they became ready, so a run depends on the order of the results that the host
// hands in and on nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "starlark/starlark.h"
#include "starlark/vm/interpreter.h"
#include "starlark/vm/task.h"

namespace larkspur::starlark {

class Collector;

class Tasks {
 public:
  // `functions` outlives this.
  Tasks(Context& context, const std::vector<HostFunction>& functions);
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  Interpreter& interpreter() { return interpreter_; }

  // Runs until the script has ended, failed, waits or has used up its slice. kFailed: the context
  // holds the error.
  State run();
  Value result() const { return root_.result; }
  // Fails the script from outside; the error is in the context.
  void fail_all();

  // --- Host calls (host_calls.cc) ---

  // Starts one for the running task: pending(), or failed().
  Value call_host(Task& task, std::uint32_t function, CallArguments arguments);
  std::vector<HostCall> take_calls();
  bool resume(std::uint64_t id, const HostResult& result);

  // --- parallel() (parallel.cc) ---

  Value start_group(List* functions, std::uint32_t limit, bool collect);

  // --- Output ---

  bool print(std::string_view line);
  std::string printed() const;
  void report(std::string message);
  const std::vector<Diagnostic>& failures() const { return failures_; }

  // --- Garbage (garbage.cc) ---

  // Frees what no task can reach. Only at a safe point: no task inside an instruction or a native.
  void collect();

  // --- For Context::enter ---

  Value enter(StepFunction step, std::span<const Value> state);

  std::uint32_t host_calls() const { return host_calls_; }
  std::uint32_t parallel_calls() const { return parallel_calls_; }
  std::uint32_t parallel_tasks() const { return parallel_tasks_; }

 private:
  using Outcome = Interpreter::Outcome;

  State run_slice();
  Outcome run_task(Task& task);
  Outcome begin(Task& task);
  void ready(Task& task);
  void task_finished(Task& task);
  void task_failed(Task* task);

  // parallel.cc
  bool start_tasks(Group& group);
  Task* new_task(Group& group, std::uint32_t number);
  bool store_result(Task& task);
  void group_progress(Group& group);
  void group_done(Group& group);
  void keep_error(Group& group, std::uint32_t number);
  void cancel_above(Group& group, std::uint32_t number);
  void cancel(Task& task);
  void merge_output(Group& group);

  // try_call.cc: whether a try_call of the task took the error of the context. Its record is then
  // delivered, and the task can go on.
  bool catch_failure(Task& task);

  // garbage.cc
  void mark_roots(Collector& collector);

  // host_calls.cc
  bool encode_arguments(CallArguments arguments, const Task& task, std::uint32_t first,
                        std::string& out);
  bool check_host_arguments(const HostFunction& function, const Task& task,
                            CallArguments arguments);
  void issue(Task& task, std::string tool_name, std::string arguments);
  void issue_waiting();
  void drop_call(Task& task);
  std::string place_of(const Task& task, std::uint32_t place) const;

  Context& context_;
  const std::vector<HostFunction>& functions_;
  Interpreter interpreter_;
  Task root_;
  Task* current_ = nullptr;  // runs now
  std::vector<Diagnostic> failures_;
  TaskQueue ready_;
  TaskQueue waiting_for_turn_;                            // host calls beyond Limits::parallel
  std::vector<Task*> in_flight_;                          // with the host; at most Limits::parallel
  std::vector<HostCall> untaken_;                         // issued, not yet taken
  std::vector<std::unique_ptr<Diagnostic>> kept_errors_;  // of groups that still run
  std::uint64_t next_call_id_ = 1;
  std::size_t printed_bytes_ = 0;
  std::uint32_t host_calls_ = 0;
  std::uint32_t parallel_calls_ = 0;
  std::uint32_t parallel_tasks_ = 0;
};

// try_call.cc: the native itself, and what it and parallel(on_error="collect") tell of a call:
// {"ok", "value", "error"}.
Value try_call(Context& context, const Args& args);
Value outcome_record(Context& context, Value value, bool ok, std::string_view error);

}  // namespace larkspur::starlark
