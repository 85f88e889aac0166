// The types time.time and time.duration.
#pragma once

#include "starlark/lib/calendar.h"
#include "starlark/lib/natives.h"

namespace larkspur::starlark::lib {

extern const ForeignType kTimeType;      // fields: seconds since 1970, nanosecond, offset, zone,
                                         // location
extern const ForeignType kDurationType;  // fields: nanoseconds

inline bool is_time(Value v) {
  return is_foreign(v, kTimeType);
}
inline bool is_duration(Value v) {
  return is_foreign(v, kDurationType);
}

// Fails for years outside 1 to 9999. Of a zone with a location, that counts, not the offset.
Value new_time(Context& context, std::int64_t seconds, std::int64_t nanosecond, const Zone& zone);
// Fails for what does not fit 62 bits: 73 years.
Value new_duration(Context& context, std::int64_t nanoseconds);

inline std::int64_t nanoseconds_of(Value duration) {
  return object_cast<Foreign>(duration)->fields()[0].as_small_int();
}

bool is_zone(Context& context, std::string_view name);

// The time in UTC of a local time, given as seconds as if it were UTC.
std::int64_t utc_of_local(Context& context, std::int64_t local_seconds, const Zone& zone);

// The zone named by a string; an error where there is none.
bool want_zone(Context& context, std::string_view function, Value name, Zone& zone);

}  // namespace larkspur::starlark::lib
