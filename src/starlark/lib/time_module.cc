// The time module, as starlark-go's, with a clock that stands still during a run: now, time,
// from_timestamp, parse_time, parse_duration, is_valid_timezone, and the units.
#include <array>

#include "starlark/lib/time_values.h"

namespace larkspur::starlark::lib {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Value at_nanoseconds(Context& context, std::int64_t seconds, std::int64_t nanoseconds) {
  std::int64_t carry = nanoseconds / kSecond;
  if (nanoseconds % kSecond < 0) --carry;
  return new_time(context, seconds + carry, nanoseconds - carry * kSecond, {});
}

Value time_now(Context& context, const Args& args) {
  if (!no_arguments(context, args)) return Value::failed();
  return at_nanoseconds(context, 0, context.limits().clock_nanoseconds);
}

// An int argument whose size leaves room for arithmetic.
bool want_moderate_int(Context& context, const Args& args, std::string_view name, Value value,
                       std::int64_t& out) {
  constexpr std::int64_t kMost = std::int64_t{1} << 56;
  if (!want_int(context, args, name, value, out)) return false;
  if (out >= -kMost && out <= kMost) return true;
  context.fail(message(args.function_name(), std::string(name) + " is out of range"));
  return false;
}

Value time_time(Context& context, const Args& args) {
  Value v[8];
  if (context.strict() && !args.positional.empty())
    return context.fail("time: unexpected positional arguments");
  if (args.positional.empty() && args.named.empty()) {
    return context.fail("time: missing argument for year", "time.now() is the present time");
  }
  constexpr std::array<std::string_view, 7> kNames = {"year",   "month",  "day",       "hour",
                                                      "minute", "second", "nanosecond"};
  if (!args.bind(
          context,
          {"year", "month?", "day?", "hour?", "minute?", "second?", "nanosecond?", "location?"},
          v)) {
    return Value::failed();
  }
  std::int64_t parts[7] = {1, 1, 1, 0, 0, 0, 0};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!want_int(context, args, kNames[i], v[i], parts[i])) return Value::failed();
    const std::int64_t most = i == 6 ? std::int64_t{1} << 56 : 1'000'000'000;
    if (parts[i] < -most || parts[i] > most) {
      return context.fail(message(args.function_name(), std::string(kNames[i]) + " out of range"));
    }
  }
  Zone zone;
  if (!v[7].is_missing() && !want_zone(context, args.function_name(), v[7], zone))
    return Value::failed();
  const std::int64_t nanos = parts[6];
  const std::int64_t carry = nanos / kSecond - (nanos % kSecond < 0 ? 1 : 0);
  const std::int64_t seconds = seconds_of({.year = parts[0],
                                           .month = parts[1],
                                           .day = parts[2],
                                           .hour = parts[3],
                                           .minute = parts[4],
                                           .second = parts[5]});
  return new_time(context, utc_of_local(context, seconds, zone) + carry, nanos - carry * kSecond,
                  zone);
}

Value time_from_timestamp(Context& context, const Args& args) {
  Value v[2];
  std::int64_t seconds = 0, nanoseconds = 0;
  if (!args.bind(context, {"sec", "nsec?"}, v) ||
      !want_moderate_int(context, args, "sec", v[0], seconds) ||
      !want_moderate_int(context, args, "nsec", v[1], nanoseconds)) {
    return Value::failed();
  }
  return at_nanoseconds(context, seconds, nanoseconds);
}

Value time_parse_time(Context& context, const Args& args) {
  Value v[3];
  Zone zone;
  if (!args.bind(context, {"x", "format?", "location?"}, v)) return Value::failed();
  if (!want_string(context, args, "x", v[0])) return Value::failed();
  if (!v[1].is_missing() && !want_string(context, args, "format", v[1])) return Value::failed();
  if (!v[2].is_missing() && !want_zone(context, args.function_name(), v[2], zone))
    return Value::failed();
  const std::string_view layout = v[1].is_missing() ? kRfc3339 : text_of(v[1]);
  if (!context.charge(20 + text_of(v[0]).size() + layout.size() * 4)) return Value::failed();
  if (text_of(v[0]).size() > 200 || layout.size() > 200) {
    return context.fail("parse_time: the text is too long for a time");
  }
  std::string problem;
  const auto parsed = parse_time(text_of(v[0]), layout, zone, problem);
  if (!parsed) {
    return context.fail("parse_time: " + problem,
                        "a format shows how Mon Jan 2 15:04:05 2006 would be written, or is one of "
                        "strftime, such as \"%Y-%m-%d\"");
  }
  return new_time(context, utc_of_local(context, seconds_of(parsed->civil), parsed->zone),
                  parsed->civil.nanosecond, parsed->zone);
}

Value time_parse_duration(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"d"}, &x)) return Value::failed();
  if (is_duration(x)) return x;
  if (!want_string(context, args, "d", x) || !context.charge(text_of(x).size() + 1))
    return Value::failed();
  const auto nanoseconds = parse_duration(text_of(x));
  if (!nanoseconds) {
    return context.fail("parse_duration: invalid duration " + short_repr(context, x),
                        "write numbers with units: \"1h30m\", \"2.5s\", \"300ms\"");
  }
  return new_duration(context, *nanoseconds);
}

Value time_is_valid_timezone(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"loc"}, &x) || !want_string(context, args, "loc", x))
    return Value::failed();
  return Value::boolean(is_zone(context, text_of(x)));
}

constexpr Builtin kFunctions[] = {
    {"from_timestamp", time_from_timestamp},
    {"is_valid_timezone", time_is_valid_timezone},
    {"now", time_now},
    {"parse_duration", time_parse_duration},
    {"parse_time", time_parse_time},
    {"time", time_time},
};

template <std::int64_t kNanoseconds>
Value unit(Context& context) {
  return new_duration(context, kNanoseconds);
}

constexpr NativeModule::Member kUnits[] = {
    {"nanosecond", unit<1>},   {"microsecond", unit<1'000>},   {"millisecond", unit<1'000'000>},
    {"second", unit<kSecond>}, {"minute", unit<60 * kSecond>}, {"hour", unit<3600 * kSecond>},
};

}  // namespace

constinit const NativeModule kTimeModule("time", kFunctions, {}, kUnits);

}  // namespace larkspur::starlark::lib
