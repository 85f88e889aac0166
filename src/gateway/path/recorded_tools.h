// record: the first step of the path. Opens the ExecutionLog of a call and closes it on every exit.
#pragma once

#include <functional>
#include <utility>

#include "call/tool_source.h"
#include "execlog/capture.h"
#include "execlog/log.h"

namespace larkspur::gateway {

class RecordedTools : public call::ToolSource {
 public:
  using ObserveApiCall = std::function<void(const execlog::ApiCall&)>;

  // `next`, `log` and `capture` outlive this. `capture` says what is kept of arguments and results;
  // null: their sizes. `observe`, where it is not empty, is told of every external call in a record
  // when the record closes.
  RecordedTools(call::ToolSource& next, execlog::Log& log,
                const execlog::CapturePolicy* capture = nullptr, ObserveApiCall observe = {})
      : next_(next), log_(log), capture_(capture), observe_(std::move(observe)) {}

  call::ToolList list(const call::Caller& caller, call::Audience audience) override {
    return next_.list(caller, audience);
  }
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override;

 private:
  call::ToolSource& next_;
  execlog::Log& log_;
  const execlog::CapturePolicy* capture_;
  ObserveApiCall observe_;
};

}  // namespace larkspur::gateway
