// What the OpenTelemetry SDK has to say about itself. By default it writes a line to stderr for
// every span that it drops; here it is counted. The handler is the SDK's own global, one for the
// process.
#pragma once

#include <cstdint>

namespace larkspur::telemetry {

// Takes the SDK's messages from now on; calling it again does nothing. Any thread.
void count_sdk_messages();

// Messages so far: mostly one for each span, record or batch that was dropped.
std::uint64_t sdk_messages();

// Errors that the calling thread caused. The OTLP exporters answer "success" whatever happened and
// only write an error, so this is how a failed export is known.
std::uint64_t sdk_errors_of_this_thread();

}  // namespace larkspur::telemetry
