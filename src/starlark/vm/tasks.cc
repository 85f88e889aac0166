#include "starlark/vm/tasks.h"

#include <fmt/format.h>

#include <cstring>

namespace larkspur::starlark {
namespace {

constexpr std::size_t kMostFailures = 1000;  // that are kept

// What ends the script whatever task it happens in. parallel(on_error="collect") does not see it.
bool is_terminal(ErrorKind kind) {
  return kind != ErrorKind::kRuntime && kind != ErrorKind::kTool;
}

}  // namespace

Tasks::Tasks(Context& context, const std::vector<HostFunction>& functions)
    : context_(context), functions_(functions), interpreter_(context, *this) {
  context_.tasks_ = this;
  root_.depth_limit = context.limits().depth;
  ready_.push(root_);
  if (context.limits().collect_always) context.heap().request_collection();
}

State Tasks::run() {
  context_.begin_slice();
  State state = run_slice();
  context_.end_slice();
  return state;
}

State Tasks::run_slice() {
  if (context_.heap().wants_collection()) collect();
  if (!context_.may_go_on(0) || context_.has_failed()) {
    fail_all();
    return State::kFailed;
  }
  while (!context_.has_failed()) {
    if (current_ == nullptr) current_ = ready_.pop();
    if (current_ == nullptr) return State::kWaiting;
    if (current_->state == Task::State::kEnded) {  // cancelled while it stood in the queue
      current_ = nullptr;
      continue;
    }
    switch (run_task(*current_)) {
      case Outcome::kFinished:
        task_finished(*std::exchange(current_, nullptr));
        if (root_.state == Task::State::kEnded && !context_.has_failed()) return State::kDone;
        break;
      case Outcome::kFailed:
        task_failed(std::exchange(current_, nullptr));
        break;
      case Outcome::kBlocked:
        current_ = nullptr;
        break;
      case Outcome::kYielded:
      case Outcome::kContinue:
        // The heap may have wanted it out of its loop, for this.
        if (context_.heap().wants_collection()) collect();
        if (context_.has_failed()) {
          task_failed(std::exchange(current_, nullptr));
        } else if (context_.fuel_.total() == 0) {
          return State::kYielded;
        }
        break;
    }
  }
  return State::kFailed;
}

Tasks::Outcome Tasks::run_task(Task& task) {
  if (!task.begun) {
    task.begun = true;
    Outcome outcome = begin(task);
    if (outcome != Outcome::kContinue) return outcome;
  }
  if (!task.tool_error.is_missing()) {
    Value message = std::exchange(task.tool_error, Value::missing());
    context_.fail(ErrorKind::kTool, std::string(text_of(message)), {}, "a tool call failed");
    return Outcome::kFailed;
  }
  return interpreter_.run(task);
}

Tasks::Outcome Tasks::begin(Task& task) {
  if (task.group == nullptr) {
    return interpreter_.begin_script(task) ? Outcome::kContinue : Outcome::kFailed;
  }
  Value result = interpreter_.call(task, task.function, {});
  if (result.is_failed()) return Outcome::kFailed;
  if (!result.is_pending()) {
    task.result = result;
    return Outcome::kFinished;
  }
  return task.state == Task::State::kReady ? Outcome::kContinue : Outcome::kBlocked;
}

void Tasks::ready(Task& task) {
  task.state = Task::State::kReady;
  ready_.push(task);
}

void Tasks::task_finished(Task& task) {
  task.state = Task::State::kEnded;
  unwind(context_, task);
  if (task.group == nullptr) return;
  --task.group->running;
  if (!store_result(task)) return task_failed(task.group->parent);
  group_progress(*task.group);
}

// The error in the context is that of `task`. It ends there, or goes on to the parent.
void Tasks::task_failed(Task* task) {
  while (true) {
    if (!is_terminal(context_.error_->kind) && catch_failure(*task)) return ready(*task);
    Diagnostic& error = *context_.error_;
    add_traceback(error, *interpreter_.environment().module, *task);
    unwind(context_, *task);
    task->state = Task::State::kEnded;
    Group* group = task->group;
    if (group == nullptr) return;
    --group->running;
    if (!is_terminal(error.kind)) {
      if (group->collect) {
        std::string message = std::move(error.message);
        context_.error_.reset();
        Value record = outcome_record(context_, Value::none(), false, message);
        if (!record.is_failed()) {
          group->results->items[task->number - 1] = record;
          return group_progress(*group);
        }
      } else {
        keep_error(*group, task->number);
        if (group->running > 0) return;
        group_done(*group);  // takes the kept error back into the context
      }
    }
    task = group->parent;
    task->children = nullptr;
  }
}

void Tasks::fail_all() {
  add_traceback(*context_.error_, *interpreter_.environment().module,
                current_ != nullptr ? *current_ : root_);
}

Value Tasks::enter(StepFunction step, std::span<const Value> state) {
  return interpreter_.begin_frame_of_native(*current_, step, state) ? Value::pending()
                                                                    : Value::failed();
}

bool Tasks::print(std::string_view line) {
  std::size_t limit = context_.limits().print_bytes;
  if (line.size() + 1 > limit - printed_bytes_) {
    context_.fail(ErrorKind::kOutputLimit, fmt::format("print limit of {} bytes exceeded", limit),
                  "return what matters instead of printing it");
    return false;
  }
  printed_bytes_ += line.size() + 1;
  if (!context_.charge(1 + line.size() / 64)) return false;
  std::size_t bytes = sizeof(PrintedLine) + line.size();
  auto* printed = static_cast<PrintedLine*>(context_.heap().allocate_block(bytes));
  if (printed == nullptr) return context_.out_of_memory();
  *printed = {.next = nullptr, .size = line.size()};
  std::memcpy(printed->text(), line.data(), line.size());
  current_->printed.append(printed);
  return true;
}

// A task that runs parallel() prints nothing meanwhile: its children's lines come after its own.
std::string Tasks::printed() const {
  std::string out;
  out.reserve(printed_bytes_);
  std::vector<const Task*> pending = {&root_};
  while (!pending.empty()) {
    const Task* task = pending.back();
    pending.pop_back();
    for (PrintedLine* line = task->printed.first; line != nullptr; line = line->next) {
      out.append(line->text(), line->size);
      out += '\n';
    }
    const Group* group = task->children;
    if (group == nullptr) continue;
    for (std::uint32_t i = group->started; i > 0; --i) pending.push_back(group->tasks[i - 1]);
  }
  return out;
}

void Tasks::report(std::string message) {
  if (failures_.size() >= kMostFailures) return;
  Diagnostic failure;
  failure.message = std::move(message);
  add_traceback(failure, *interpreter_.environment().module, *current_);
  failures_.push_back(std::move(failure));
}

// --- Context: what needs the running task ---

void Context::report(std::string message) {
  tasks_->report(std::move(message));
}

bool Context::print(std::string_view line) {
  return tasks_->print(line);
}

Value Context::enter(StepFunction step, std::initializer_list<Value> state) {
  return tasks_->enter(step, {state.begin(), state.size()});
}

}  // namespace larkspur::starlark
