#include "codemode/inner_calls.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "codemode/tool_value.h"

namespace larkspur::codemode {

namespace {

starlark::HostResult failed(std::string_view tool, std::string_view why) {
  return {.ok = false,
          .value = "tool " + printable(truncate_utf8(tool, 128)) + ": " + std::string(why)};
}

// "Unknown tool: 'x'" with the nearest name that there is.
std::string with_guess(std::string message, std::string_view name,
                       const std::vector<BoundTool>& tools) {
  std::vector<std::string_view> names;
  for (const BoundTool& each : tools) names.push_back(each.tool->name);
  if (const auto guess = nearest(name, names))
    message += "; did you mean '" + std::string(*guess) + "'?";
  return message;
}

// Nothing that the tool or the script said: a name that no tool has is the script's own word.
std::string public_error(const call::Tool* tool, const call::CallReply& reply,
                         std::int64_t elapsed_ms) {
  if (tool == nullptr) return "a tool that does not exist was called";
  std::string text = "tool " + tool->name + ": ";
  if (reply) return text + "answered with an error";
  const call::CallError& error = reply.error();
  if (error.rpc_code != 0) return text + "JSON-RPC error " + std::to_string(error.rpc_code);
  text += to_string(error.code);
  if (error.code == ErrorCode::kTimeout) text += " after " + std::to_string(elapsed_ms) + " ms";
  return text;
}

starlark::HostResult to_host_result(std::string_view tool, const call::CallReply& reply,
                                    const std::vector<BoundTool>& tools) {
  if (!reply) {
    const bool unknown = reply.error().code == ErrorCode::kNotFound && reply.error().rpc_code == 0;
    return failed(tool,
                  unknown ? with_guess(reply.error().message, tool, tools) : reply.error().message);
  }
  if (reply->is_error) return failed(tool, tool_error(reply->json));
  auto value = tool_value(reply->json);
  if (!value) return failed(tool, "its result cannot be read: " + value.error().message);
  return {.ok = true, .value = std::move(*value)};
}

}  // namespace

InnerCalls::InnerCalls(Executor executor, call::ToolSource& path, const call::CallContext& script,
                       const std::vector<BoundTool>& tools, std::chrono::milliseconds timeout)
    : executor_(executor),
      path_(path),
      script_(script),
      tools_(tools),
      timeout_(timeout),
      wake_(executor, SteadyClock::time_point::max()) {}

Async<InnerCalls::Performed> InnerCalls::perform(starlark::HostCall host_call) {
  const bool by_name = host_call.function >= tools_.size();
  std::shared_ptr<const call::Tool> tool;
  if (by_name) {
    const auto named = [&](const BoundTool& each) {
      return each.tool->name == host_call.tool_name;
    };
    if (const auto found = std::ranges::find_if(tools_, named); found != tools_.end())
      tool = found->tool;
  } else {
    tool = tools_[host_call.function].tool;
  }

  call::CallContext context(script_.caller);
  context.tool = tool;
  context.trace = script_.trace;
  context.deadline = std::min(script_.deadline, SteadyClock::now() + timeout_);
  context.meta = script_.meta;
  context.messages = script_.messages;
  context.log_level = script_.log_level;
  context.input = script_.input;
  context.parent = &script_;
  context.parent_record_id = script_.record_id;
  context.place = host_call.place;
  context.call_index = host_call.index;
  context.in_parallel = host_call.in_parallel;
  context.ended = &ended_;

  const std::string name = tool ? tool->name : host_call.tool_name;
  const Stopwatch stopwatch;
  const call::CallReply reply = co_await path_.call(context, name, host_call.arguments);
  const bool ok = reply && !reply->is_error;
  if (reply) result_bytes_ += reply->json.size();
  if (!ok) {
    failures_.push_back({host_call.location, context.denied,
                         public_error(tool.get(), reply, stopwatch.elapsed_ms())});
  }
  log_.push_back({name, host_call.place, stopwatch.elapsed_ms(), ok});
  // Where no log keeps count, the order in which they come back is the order.
  const std::uint32_t number = context.completed != 0 ? context.completed : ++ended_;
  co_return Performed{to_host_result(name, reply, tools_), number};
}

void InnerCalls::start(starlark::HostCall call) {
  const std::uint64_t id = call.id;
  auto& signal = in_flight_[id] = std::make_unique<asio::cancellation_signal>();
  const auto done = [this, id](std::exception_ptr error, Performed performed) {
    // Asio looks at the signal once more after this handler; it goes a moment later.
    asio::post(executor_, [kept = std::move(in_flight_[id])] {});
    in_flight_.erase(id);
    // Only a cancelled call throws, and nobody waits for the result of one.
    if (!error) finished_[performed.number] = {id, std::move(performed.result)};
    wake_.cancel();
  };
  asio::co_spawn(executor_, perform(std::move(call)),
                 asio::bind_cancellation_slot(signal->slot(), done));
}

const InnerCalls::Failure* InnerCalls::failure_at(starlark::Location at) const {
  const auto found = std::ranges::find_if(failures_, [&](const Failure& each) {
    return each.at.line == at.line && each.at.column == at.column;
  });
  return found == failures_.end() ? nullptr : &*found;
}

std::optional<InnerCalls::Finished> InnerCalls::take_finished() {
  if (!any_finished()) return std::nullopt;
  ++delivered_;
  return std::move(finished_.extract(finished_.begin()).mapped());
}

Async<void> InnerCalls::wait(SteadyClock::time_point deadline) {
  if (any_finished()) co_return;
  wake_.expires_at(deadline);
  co_await wake_.async_wait(kAwaitTuple);
}

Async<void> InnerCalls::finish_all() {
  for (const auto& [id, signal] : in_flight_) signal->emit(asio::cancellation_type::terminal);
  while (!in_flight_.empty()) {
    wake_.expires_at(SteadyClock::time_point::max());
    co_await wake_.async_wait(kAwaitTuple);
  }
}

}  // namespace larkspur::codemode
