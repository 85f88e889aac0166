// The OTEL_* variables that the SDK leaves to the program
// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Those of the
// OTLP exporters and OTEL_RESOURCE_ATTRIBUTES are read by the SDK itself.
#pragma once

#include <string>

#include "telemetry/providers.h"

namespace larkspur::telemetry {

// "" where it is not set.
std::string from_environment(const char* name);

// `options` with what the environment says on top: OTEL_SDK_DISABLED, OTEL_METRIC_EXPORT_INTERVAL,
// OTEL_BSP_SCHEDULE_DELAY, OTEL_BSP_MAX_QUEUE_SIZE, OTEL_TRACES_SAMPLER with its _ARG. Values that
// are not numbers change nothing.
Options with_environment(Options options);

}  // namespace larkspur::telemetry
