// Points in time and lengths of time as text and as calendar dates. No clock, and no database of
// zones: that is zoneinfo.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larkspur::starlark::lib {

struct Zone {
  std::int32_t offset = 0;  // seconds east of UTC
  std::string name = "UTC";
  std::string location = {};  // "Europe/Berlin", where offset and name change over time; else ""
};
// "", "UTC", "GMT", "Z", "+02:00", "-0530". Empty for others.
std::optional<Zone> zone_of(std::string_view name);

struct Civil {
  std::int64_t year = 1970;
  std::int64_t month = 1;
  std::int64_t day = 1;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t nanosecond = 0;
};
// Seconds since 1970-01-01T00:00:00Z of a civil time in UTC, whose parts may exceed their ranges
// (month 13 is January of the next year). The proleptic Gregorian calendar.
std::int64_t seconds_of(const Civil& civil);
Civil civil_of(std::int64_t seconds, std::int64_t nanosecond);
int weekday_of(std::int64_t seconds);  // 0: Sunday

inline constexpr std::string_view kRfc3339 = "2006-01-02T15:04:05Z07:00";

// Go's layouts, which show how "Mon Jan 2 15:04:05 MST 2006" would be written; or strftime's, where
// there is a % in it.
std::string format_time(std::int64_t seconds, std::int64_t nanosecond, const Zone& zone,
                        std::string_view layout);
struct ParsedTime {
  Civil civil;
  Zone zone;
};
// An error message where the text does not have the layout. `zone` is that of texts without one.
std::optional<ParsedTime> parse_time(std::string_view text, std::string_view layout, Zone zone,
                                     std::string& problem);

// "1h2m3.5s", as Go writes it.
std::string format_duration(std::int64_t nanoseconds);
std::optional<std::int64_t> parse_duration(std::string_view text);

}  // namespace larkspur::starlark::lib
