// The times that operations tools take: one parser for all of them, everything in UTC.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace larkspur::ops {

// One moment:
//   "now"
//   "30m", "24h", "7d", "1w", "45s"   so long ago
//   "2024-01-01T10:00:00+08:00"       ISO 8601; UTC where there is no zone; the time may be left
//   out "1704103200", "1704103200000"     Unix seconds (also 1704103200.25), or milliseconds from
//   13 digits on
// Anything else: kInvalidArgument. A moment is never guessed.
Result<EpochMs> parse_moment(std::string_view text, EpochMs now);

struct TimeRange {
  EpochMs start = 0;
  EpochMs end = 0;  // > start
};

// "" for `end` means now. kInvalidArgument, too, when the range is empty or runs backwards.
Result<TimeRange> parse_range(std::string_view start, std::string_view end, EpochMs now);

}  // namespace larkspur::ops
