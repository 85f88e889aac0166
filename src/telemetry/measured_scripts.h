// The span, the four metrics and the log records of every script that is asked for. What a script
// is made of (its text, its data, its calls' arguments and results, what it prints and what it
// gives to fail()) is in none of them.
#pragma once

#include "call/script_engine.h"
#include "telemetry/log.h"
#include "telemetry/otel.h"

namespace larkspur::telemetry {

class MeasuredScripts : public call::ScriptEngine {
 public:
  // `next`, the instrumentation and `log` outlive this. `log` null: no log records.
  MeasuredScripts(call::ScriptEngine& next, Instrumentation with, Log* log)
      : next_(next), with_(with), log_(log) {}

  // context.trace is the script's span while it runs, which makes it the parent of its inner calls,
  // and what it was before afterwards.
  Async<call::ScriptOutcome> run(call::CallContext& context,
                                 const call::ScriptRequest& request) override;

 private:
  class Measurement;

  call::ScriptEngine& next_;
  Instrumentation with_;
  Log* log_;
};

}  // namespace larkspur::telemetry
