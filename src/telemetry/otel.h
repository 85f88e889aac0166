// OpenTelemetry's classes by name only: its headers cost a second in every file that includes them.
#pragma once

#include <opentelemetry/version.h>

OPENTELEMETRY_BEGIN_NAMESPACE
namespace metrics {
class Meter;
}
OPENTELEMETRY_END_NAMESPACE

namespace larkspur::telemetry {

struct Instruments;
class Tracer;

// What a decorator measures with; all of it outlives the decorator.
struct Instrumentation {
  Tracer* tracer = nullptr;                        // null: nothing is traced
  const Instruments* instruments = nullptr;        // never null
  opentelemetry::metrics::Meter* meter = nullptr;  // never null; for instruments of one's own
};

}  // namespace larkspur::telemetry
