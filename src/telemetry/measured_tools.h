// measure: the second step of the call path. A span and the metrics of every tools/call, whether a
// client makes it or a script.
#pragma once

#include <optional>
#include <string>

#include "call/tool_source.h"
#include "telemetry/instruments.h"
#include "telemetry/labels.h"
#include "telemetry/otel.h"
#include "telemetry/series.h"
#include "telemetry/span.h"

namespace larkspur::telemetry {

class MeasuredTools : public call::ToolSource {
 public:
  // `next` and the instrumentation outlive this. `server_name`: the gateway's own, for labels.
  MeasuredTools(call::ToolSource& next, Instrumentation with, std::string server_name);

  call::ToolList list(const call::Caller& caller, call::Audience audience) override {
    return next_.list(caller, audience);
  }
  // Sets context.trace to the span of this call, and leaves it there.
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override;

 private:
  class Measurement;
  struct Series {
    Counter::Series calls;
    std::optional<Histogram::Series> duration;  // of a client's call
  };

  call::ToolSource& next_;
  Instrumentation with_;
  std::string server_name_;
  // What is the same for every call.
  SharedAttributes call_attributes_, server_attributes_;
  Labels operation_;
  SeriesCache<Series> series_;
};

}  // namespace larkspur::telemetry
