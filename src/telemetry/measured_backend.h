// A CLIENT span and the metrics of every call that leaves for a backend MCP server.
#pragma once

#include <optional>
#include <string>

#include "call/backend_client.h"
#include "telemetry/instruments.h"
#include "telemetry/labels.h"
#include "telemetry/otel.h"
#include "telemetry/series.h"
#include "telemetry/span.h"

namespace larkspur::telemetry {

class MeasuredBackend : public call::BackendClient {
 public:
  // `next` and the instrumentation outlive this.
  MeasuredBackend(call::BackendClient& next, Instrumentation with);

  const call::BackendFacts& facts() const override { return next_.facts(); }
  // context.trace is the CLIENT span while `next` works, so that the backend is told its id, and
  // what it was before afterwards.
  Async<call::CallReply> call(call::CallContext& context, std::string own_name,
                              std::string_view arguments) override;
  // Passed on as it is: what is measured here is the work of tools.
  Async<call::CallReply> fetch(call::CallContext& context, std::string method, std::string params,
                               std::string name) override {
    return next_.fetch(context, std::move(method), std::move(params), std::move(name));
  }

 private:
  class Measurement;
  struct Series {
    Counter::Series requests;
    Histogram::Series duration, client_duration;
    std::optional<Counter::Series> errors;  // of a call that failed
  };

  call::BackendClient& next_;
  Instrumentation with_;
  // What is the same for every call.
  SharedAttributes attributes_;
  Labels target_;
  Labels operation_;
  SeriesCache<Series> series_;
};

}  // namespace larkspur::telemetry
