// execute_tool_script: the tool that runs one script over the tools of its caller.
#pragma once

#include <string_view>

#include "call/script_engine.h"
#include "call/tool_source.h"

namespace larkspur::codemode {

// A leaf of the call path. Any loop.
class ScriptTool : public call::ToolSource {
 public:
  // `path` is the door of the call path: what a caller may call there, its scripts may call.
  // `engine` runs the scripts, measured or not. Both outlive this.
  ScriptTool(call::ToolSource& path, call::ScriptEngine& engine) : path_(path), engine_(engine) {}

  // One tool, described by everything that this caller's scripts can call.
  call::ToolList list(const call::Caller& caller, call::Audience audience) override;
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override;

 private:
  call::ToolSource& path_;
  call::ScriptEngine& engine_;
};

}  // namespace larkspur::codemode
