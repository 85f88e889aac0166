// record: the first step of the path. Opens the ExecutionLog of a call and closes it on every exit.
#pragma once

#include "call/tool_source.h"
#include "execlog/log.h"

namespace larkspur::gateway {

class RecordedTools : public call::ToolSource {
 public:
  // Both outlive this.
  RecordedTools(call::ToolSource& next, execlog::Log& log) : next_(next), log_(log) {}

  call::ToolList list(const call::Caller& caller, call::Audience audience) override {
    return next_.list(caller, audience);
  }
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override;

 private:
  call::ToolSource& next_;
  execlog::Log& log_;
};

}  // namespace larkspur::gateway
