// The span, the four metrics and the log records of every script that is asked for. What a script
// is made of (its text, its data, its calls' arguments and results, what it prints and what it
// gives to fail()) is in none of them.
#pragma once

#include <memory>

#include "call/script_engine.h"
#include "telemetry/log.h"
#include "telemetry/otel.h"

namespace larkspur::telemetry {

class MeasuredScripts : public call::ScriptEngine {
 public:
  // `next`, the instrumentation and `log` outlive this. `log` null: no log records.
  MeasuredScripts(call::ScriptEngine& next, Instrumentation with, Log* log);
  ~MeasuredScripts() override;

  // context.trace is the script's span while it runs, which makes it the parent of its inner calls,
  // and what it was before afterwards.
  Async<call::ScriptOutcome> run(call::CallContext& context,
                                 const call::ScriptRequest& request) override;

 private:
  struct Instruments;
  class Measurement;

  call::ScriptEngine& next_;
  opentelemetry::trace::Tracer* tracer_;
  Log* log_;
  std::unique_ptr<Instruments> instruments_;
};

}  // namespace larkspur::telemetry
