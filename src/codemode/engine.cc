#include "codemode/engine.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <expected>

#include "base/clock.h"
#include "call/client_input.h"
#include "codemode/binding.h"
#include "codemode/inner_calls.h"
#include "codemode/public_error.h"
#include "json/value.h"

namespace larkspur::codemode {

namespace {

constexpr std::string_view kFilename = "script.star";

call::ScriptEnd end_of(starlark::ErrorKind kind) {
  switch (kind) {
    case starlark::ErrorKind::kSyntax:
      return call::ScriptEnd::kSyntax;
    case starlark::ErrorKind::kRuntime:
      return call::ScriptEnd::kRuntime;
    case starlark::ErrorKind::kTool:
      return call::ScriptEnd::kToolError;
    case starlark::ErrorKind::kStepLimit:
      return call::ScriptEnd::kStepLimit;
    case starlark::ErrorKind::kMemoryLimit:
      return call::ScriptEnd::kMemoryLimit;
    case starlark::ErrorKind::kDepthLimit:
      return call::ScriptEnd::kDepthLimit;
    case starlark::ErrorKind::kCallLimit:
      return call::ScriptEnd::kCallLimit;
    case starlark::ErrorKind::kOutputLimit:
      return call::ScriptEnd::kOutputLimit;
    case starlark::ErrorKind::kCancelled:
      return call::ScriptEnd::kCancelled;
  }
  return call::ScriptEnd::kInternal;
}

call::ScriptOutcome invalid(std::string problem) {
  call::ScriptOutcome outcome;
  outcome.end = call::ScriptEnd::kInvalidArguments;
  outcome.error = std::move(problem);
  outcome.public_error = "the arguments are not valid";
  return outcome;
}

call::ScriptOutcome broken(const std::vector<starlark::Diagnostic>& errors,
                           std::string_view filename) {
  call::ScriptOutcome outcome;
  outcome.end = end_of(errors.front().kind);
  for (const starlark::Diagnostic& each : errors) {
    if (!outcome.error.empty()) outcome.error += '\n';
    outcome.error += each.render(filename);
  }
  outcome.public_error = errors.front().value_free_message;
  outcome.line = errors.front().location.line;
  outcome.column = errors.front().location.column;
  return outcome;
}

void add_stats(call::ScriptOutcome& outcome, const starlark::Machine& machine) {
  const starlark::Stats stats = machine.stats();
  outcome.printed = machine.printed();
  outcome.steps = stats.steps;
  outcome.peak_memory_bytes = stats.peak_memory_bytes;
  outcome.parallel_calls = stats.parallel_calls;
  outcome.parallel_tasks = stats.parallel_tasks;
}

call::ScriptOutcome ended(const starlark::Machine& machine, starlark::State state,
                          std::string_view filename) {
  call::ScriptOutcome outcome;
  if (state == starlark::State::kDone) {
    outcome.end = call::ScriptEnd::kSuccess;
    outcome.result = machine.result_json();
  } else {
    outcome = broken({machine.error()}, filename);
  }
  return outcome;
}

// The script did not end by itself: its deadline passed, or nobody wants its answer any more.
call::ScriptOutcome stopped(bool timed_out) {
  call::ScriptOutcome outcome;
  outcome.end = timed_out ? call::ScriptEnd::kTimeout : call::ScriptEnd::kCancelled;
  outcome.error = timed_out
                      ? "the script did not end before its time limit (codeMode.scriptTimeout)"
                      : "the script was cancelled";
  outcome.public_error = outcome.error;
  return outcome;
}

// The names of `data`, checked: each must be a name that a script can use and that no tool has.
std::string check_data(json::Value data, const std::vector<BoundTool>& tools) {
  for (const auto [key, value] : data.members()) {
    const std::string name(key);
    if (name.empty() || identifier_for(name) != name) {
      return "arguments.data: '" + name + "' cannot be a variable; use '" + identifier_for(name) +
             "'";
    }
    if (std::ranges::find(tools, name, &BoundTool::identifier) != tools.end()) {
      return "arguments.data: '" + name + "' is a tool; give the variable another name";
    }
  }
  return {};
}

starlark::CompileOptions compile_options(const Toolbox& box, json::Value data) {
  starlark::CompileOptions options;
  options.filename = kFilename;
  for (const BoundTool& each : box.tools) {
    if (!each.identifier.empty()) options.predeclared.push_back(each.identifier);
  }
  options.predeclared.emplace_back("call_tool");
  for (const auto [key, value] : data.members()) options.predeclared.emplace_back(key);
  options.signatures = box.signatures;
  options.tool_caller = "call_tool";
  return options;
}

// All that compile_options() and the source differ in from one script to another. There is no
// loader, so nothing else is part of a program; names have no zero byte.
std::string program_key(const Toolbox& box, json::Value data, std::string_view source) {
  std::string key = std::to_string(box.id);
  for (const auto [name, value] : data.members()) (key += ' ') += name;
  key += '\0';
  key += source;
  return key;
}

call::ScriptLimits limits_of(const starlark::Limits& limits) {
  return {.steps = limits.steps,
          .memory_bytes = limits.memory_bytes,
          .depth = limits.depth,
          .calls = limits.host_calls,
          .parallel = limits.parallel,
          .print_bytes = limits.print_bytes,
          .output_bytes = limits.output_bytes,
          .clock_ms = limits.clock_nanoseconds / 1'000'000};
}

// What a failed script tells its caller is told already; this adds what its operator may know.
void tell_operator(call::ScriptOutcome& outcome, const starlark::Machine& machine,
                   const InnerCalls& calls, std::string_view source,
                   const std::vector<BoundTool>& tools) {
  if (outcome.end != call::ScriptEnd::kToolError) {
    outcome.public_error = without_names(outcome.public_error, source, tools);
  } else if (const auto* failure = calls.failure_at(machine.error().location)) {
    if (failure->denied) outcome.end = call::ScriptEnd::kDenied;
    outcome.public_error = failure->public_error;
  }
}

// Runs the machine, performing its calls: the state in which it ended by itself, or how it was
// stopped. A cancellation is seen here, not thrown.
Async<std::expected<starlark::State, call::ScriptOutcome>> drive(starlark::Machine& machine,
                                                                 InnerCalls& calls,
                                                                 const call::CallContext& context) {
  const Executor executor = co_await asio::this_coro::executor;
  for (;;) {
    // Time in which the client was asked for something does not count.
    const auto until = [&context] {
      return context.input ? context.input->until(context.deadline) : context.deadline;
    };
    const starlark::State state = machine.run();
    for (starlark::HostCall& call : machine.take_calls()) calls.start(std::move(call));
    if (state == starlark::State::kDone || state == starlark::State::kFailed) co_return state;
    if (state == starlark::State::kWaiting) {
      // One result at a time, even where several have come: so a run depends on their order alone,
      // which the log keeps, and never on what happened to come together.
      if (!calls.any_finished()) co_await calls.wait(until());
      if (auto next = calls.take_finished()) machine.resume(next->id, std::move(next->result));
    } else {
      co_await asio::post(executor, kAwait);  // others on this loop come first
    }
    const bool cancelled =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
    if (cancelled || SteadyClock::now() >= until()) {
      co_return std::unexpected(stopped(!cancelled));
    }
  }
}

}  // namespace

std::expected<Programs::Shared, std::vector<starlark::Diagnostic>> Engine::compile(
    const Toolbox& box, json::Value data, const std::string& source) {
  std::string key = program_key(box, data, source);
  if (auto known = programs_.find(key)) return known;
  auto program = starlark::Program::compile(source, compile_options(box, data));
  if (program) programs_.keep(std::move(key), *program);
  return program;
}

Async<call::ScriptOutcome> Engine::run(call::CallContext& context,
                                       const call::ScriptRequest& request) {
  if (!request.problem.empty()) co_return invalid(request.problem);
  const std::shared_ptr<const Toolbox> box =
      toolboxes_.of(path_.list(context.caller, call::Audience::kScript));
  const std::vector<BoundTool>& tools = box->tools;
  const auto data = json::Document::parse(request.data.empty() ? "{}" : request.data);
  if (!data) co_return invalid("arguments.data: " + data.error().message);
  if (std::string problem = check_data(data->root(), tools); !problem.empty()) {
    co_return invalid(std::move(problem));
  }

  const auto program = compile(*box, data->root(), request.source);
  if (!program) {
    call::ScriptOutcome outcome = broken(program.error(), kFilename);
    outcome.public_error = without_names(outcome.public_error, request.source, tools);
    co_return outcome;
  }

  starlark::Limits limits = limits_.machine;
  if (limits.clock_nanoseconds == 0) limits.clock_nanoseconds = wall_clock_ms() * 1'000'000;
  starlark::Machine machine(*program, limits, box->functions);
  for (const auto [key, value] : data->root().members()) {
    if (!machine.set_global(key, value.raw())) {
      co_return invalid("arguments.data: '" + std::string(key) +
                        "' does not fit the script's memory limit");
    }
  }

  InnerCalls calls(co_await asio::this_coro::executor, path_, context, tools,
                   limits_.tool_call_timeout);
  // Whatever happens, the calls in flight are ended before this is.
  co_await asio::this_coro::throw_if_cancelled(false);
  auto end = co_await drive(machine, calls, context);
  co_await calls.finish_all();
  co_await asio::this_coro::throw_if_cancelled(true);

  call::ScriptOutcome outcome = end ? ended(machine, *end, kFilename) : std::move(end.error());
  if (end) tell_operator(outcome, machine, calls, request.source, tools);
  add_stats(outcome, machine);
  outcome.calls = calls.take_log();
  outcome.inner_bytes = calls.result_bytes();
  outcome.answer_bytes = outcome.result.size() + outcome.printed.size();
  outcome.limits = limits_of(limits);
  outcome.tools = box->seen;
  co_return outcome;
}

}  // namespace larkspur::codemode
