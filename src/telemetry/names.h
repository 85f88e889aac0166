// The names that operators build dashboards and alerts on (docs/observability.md). Changing one
// breaks somebody's alert.
#pragma once

#include <array>
#include <string_view>

namespace larkspur::telemetry {

// Names the meter, the tracer and the logger of the whole gateway.
inline constexpr char kInstrumentationName[] = "larkspur/vmcp";

// Bucket bounds of the MCP semantic conventions, in seconds; every duration histogram has them.
inline constexpr std::array<double, 14> kDurationBuckets{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
                                                         2,    5,    10,   30,  60,  120, 300};
// Every histogram that counts things has these.
inline constexpr std::array<double, 11> kCountBuckets{0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
inline constexpr char kSeconds[] = "s";
inline constexpr char kCount[] = "1";
inline constexpr char kBytes[] = "By";

// What a label holds in place of a name that the gateway does not know: strangers must not be able
// to make series.
inline constexpr std::string_view kOther = "_OTHER";

}  // namespace larkspur::telemetry
