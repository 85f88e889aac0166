// Calls to the host: made by a task, which then waits; issued while fewer than Limits::parallel are
// with the host, in the order in which they were made; answered by resume().

#include <fmt/format.h>

#include <algorithm>

#include "starlark/lib/json.h"
#include "starlark/vm/diagnose.h"
#include "starlark/vm/tasks.h"

namespace larkspur::starlark {
namespace {

// What a call costs a script at least, so that a loop of refused calls ends too.
constexpr std::uint64_t kStepsOfCall = 1000;

}  // namespace

Value Tasks::call_host(Task& task, std::uint32_t number, CallArguments arguments) {
  const HostFunction& function = functions_[number];
  if (!check_host_arguments(function, task, arguments)) return Value::failed();
  if (host_calls_ >= context_.limits().host_calls) {
    return context_.fail(
        ErrorKind::kCallLimit,
        fmt::format("limit of {} tool calls exceeded", context_.limits().host_calls),
        "ask for more in one call, or split the script");
  }
  if (!context_.charge(kStepsOfCall)) return Value::failed();
  std::string tool_name;
  if (function.takes_tool_name) tool_name = text_of(task.at(arguments.first));
  std::string json;
  if (!encode_arguments(arguments, task, arguments.first + arguments.positional, json))
    return Value::failed();
  ++task.calls;
  task.call = {.id = next_call_id_++,
               .function = number,
               .index = ++host_calls_,
               .place = task.calls,
               .location = current_location(*interpreter_.environment().module, task),
               .tool_name = Value::none(),
               .arguments = Value::none()};
  if (in_flight_.size() < std::max<std::uint32_t>(context_.limits().parallel, 1)) {
    issue(task, std::move(tool_name), std::move(json));
  } else {
    // Its turn comes later: until then the text lies on the script's heap.
    task.call.tool_name = context_.string(tool_name);
    task.call.arguments = context_.string(json);
    if (context_.has_failed()) return Value::failed();
    waiting_for_turn_.push(task);
  }
  task.state = Task::State::kWaiting;
  return Value::pending();
}

bool Tasks::check_host_arguments(const HostFunction& function, const Task& task,
                                 CallArguments arguments) {
  std::uint32_t wanted = function.takes_tool_name ? 1 : 0;
  if (arguments.positional != wanted) {
    std::string hint =
        function.parameters.empty()
            ? std::string("name the arguments: tool(name=value)")
            : fmt::format("name the arguments: {}({}=...)", function.name, function.parameters[0]);
    if (wanted == 0) {
      context_.fail(fmt::format("{}: got {} positional arguments, want keyword arguments only",
                                function.name, arguments.positional),
                    std::move(hint));
    } else {
      context_.fail(fmt::format("{}: got {} positional arguments, want 1, the name of the tool",
                                function.name, arguments.positional));
    }
    return false;
  }
  if (wanted == 1 && !is_string(task.registers[arguments.first])) {
    context_.fail(fmt::format("{}: for parameter name: got {}, want string", function.name,
                              type_name(task.registers[arguments.first])));
    return false;
  }
  return true;
}

// The named arguments as a JSON object, in the order given.
bool Tasks::encode_arguments(CallArguments arguments, const Task& task, std::uint32_t first,
                             std::string& out) {
  out += '{';
  for (std::uint32_t i = 0; i < arguments.named; ++i) {
    if (i > 0) out += ',';
    std::size_t room = context_.heap().limit_bytes() - context_.heap().used_bytes();
    if (!encode_json(context_, task.registers[arguments.names + i], out, room)) return false;
    out += ':';
    if (!encode_json(context_, task.registers[first + i], out, room)) return false;
  }
  out += '}';
  return true;
}

void Tasks::issue(Task& task, std::string tool_name, std::string arguments) {
  PendingCall& call = task.call;
  in_flight_.push_back(&task);
  untaken_.push_back({.id = call.id,
                      .function = call.function,
                      .tool_name = std::move(tool_name),
                      .arguments = std::move(arguments),
                      .location = call.location,
                      .index = call.index,
                      .place = place_of(task, call.place),
                      .in_parallel = task.group != nullptr});
}

void Tasks::issue_waiting() {
  while (in_flight_.size() < std::max<std::uint32_t>(context_.limits().parallel, 1)) {
    Task* task = waiting_for_turn_.pop();
    if (task == nullptr) return;
    if (task->state != Task::State::kWaiting) continue;  // cancelled
    issue(*task, std::string(text_of(task->call.tool_name)),
          std::string(text_of(task->call.arguments)));
    task->call.tool_name = task->call.arguments = Value::none();
  }
}

// "3" for a call of the script itself; "3/7" for calls of the seventh task of the parallel() that
// came third; "3/7/1/2" where that task uses parallel() in its turn.
std::string Tasks::place_of(const Task& task, std::uint32_t place) const {
  std::string out;
  if (task.group == nullptr) return std::to_string(place);
  for (const Task* t = &task; t->group != nullptr; t = t->group->parent) {
    out = fmt::format("{}/{}{}{}", t->group->place, t->number, out.empty() ? "" : "/", out);
  }
  return out;
}

void Tasks::drop_call(Task& task) {
  std::uint64_t id = std::exchange(task.call.id, 0);
  std::erase(in_flight_, &task);
  std::erase_if(untaken_, [&](const HostCall& call) { return call.id == id; });
}

std::vector<HostCall> Tasks::take_calls() {
  return std::exchange(untaken_, {});
}

bool Tasks::resume(std::uint64_t id, const HostResult& result) {
  auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                            [&](const Task* task) { return task->call.id == id; });
  if (id == 0 || found == in_flight_.end() || context_.has_failed()) return false;
  Task& task = **found;
  in_flight_.erase(found);
  std::erase_if(untaken_, [&](const HostCall& call) { return call.id == id; });
  task.call.id = 0;
  // Nothing runs now, so this is a safe point.
  if (context_.heap().wants_collection() || !context_.heap().has_room(result.value.size() * 4)) {
    collect();
  }
  Value value;
  if (!result.ok) {
    task.tool_error = context_.string(result.value);
  } else if (decode_json(context_, result.value, value)) {
    deliver(task, value);
  } else if (context_.error_->kind == ErrorKind::kRuntime) {
    // Not the script's mistake: the tool gave what is not JSON.
    std::string message = fmt::format("the tool's result is no JSON: {}", context_.error_->message);
    context_.error_.reset();
    task.tool_error = context_.string(message);
  }
  ready(task);
  issue_waiting();
  return true;
}

}  // namespace larkspur::starlark
