// Runs scripts: compiles, binds the caller's tools, drives the machine, performs its calls, keeps
// the limits. Knows no telemetry and no log.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "call/script_engine.h"
#include "call/tool_source.h"
#include "codemode/programs.h"
#include "codemode/toolbox.h"
#include "json/value.h"
#include "starlark/starlark.h"

namespace larkspur::codemode {

struct EngineLimits {
  starlark::Limits machine;  // with clock_nanoseconds 0, a script's clock shows when it began
  std::chrono::milliseconds tool_call_timeout{30'000};
};

// The script's own deadline is context.deadline. Any loop; a script stays on the one that it began
// on.
class Engine : public call::ScriptEngine {
 public:
  // `path` is the door of the call path and outlives this.
  Engine(call::ToolSource& path, EngineLimits limits) : path_(path), limits_(limits) {}

  Async<call::ScriptOutcome> run(call::CallContext& context,
                                 const call::ScriptRequest& request) override;

  const Programs& programs() const { return programs_; }

 private:
  // Of a script that ran before with the same tools and names of data, the program that it had
  // then.
  std::expected<Programs::Shared, std::vector<starlark::Diagnostic>> compile(
      const Toolbox& box, json::Value data, const std::string& source);

  call::ToolSource& path_;
  EngineLimits limits_;
  Toolboxes toolboxes_;
  Programs programs_;
};

}  // namespace larkspur::codemode
