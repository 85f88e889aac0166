// limit: how long a call may take. Every leaf keeps to context.deadline; this sets it.
#pragma once

#include <algorithm>
#include <chrono>

#include "call/tool_source.h"

namespace larkspur::gateway {

class LimitedTools : public call::ToolSource {
 public:
  // `next` outlives this. `timeout` is for tools that do not bring one of their own.
  LimitedTools(call::ToolSource& next, std::chrono::milliseconds timeout)
      : next_(next), timeout_(timeout) {}

  call::ToolList list(const call::Caller& caller, call::Audience audience) override {
    return next_.list(caller, audience);
  }

  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override {
    const auto own = context.tool ? context.tool->timeout : std::chrono::milliseconds{0};
    const auto timeout = own.count() > 0 ? own : timeout_;
    context.deadline = std::min(context.deadline, SteadyClock::now() + timeout);
    return next_.call(context, tool, arguments);
  }

 private:
  call::ToolSource& next_;
  std::chrono::milliseconds timeout_;
};

}  // namespace larkspur::gateway
