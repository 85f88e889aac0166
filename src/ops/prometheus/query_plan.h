// From a caller's words to one request of Prometheus's HTTP API.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace larkspur::ops {

struct QueryPlan {
  bool range = false;
  std::string path;  // "/api/v1/query" or "/api/v1/query_range"
  std::string form;  // application/x-www-form-urlencoded
  std::chrono::milliseconds step{0};
};

inline constexpr std::int64_t kMaxPoints = 11'000;  // of one series: Prometheus takes no more

// A range where there is a start (until `end`, else now), otherwise one instant: at `end`, else
// now. The step is the caller's ("30s", "1h30m", seconds), else a 250th of the range, at least 15
// s. `timeout` is for the server. kInvalidArgument names what is wrong.
Result<QueryPlan> plan_query(std::string_view promql, std::string_view start, std::string_view end,
                             std::string_view step, std::chrono::milliseconds timeout, EpochMs now);

}  // namespace larkspur::ops
