#include "starlark/lib/time_values.h"

#include <cmath>
#include <map>

#include "base/text.h"
#include "starlark/lib/zoneinfo.h"

namespace larkspur::starlark::lib {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// The rules of a location, read once a run; null where the host knows no such place.
const ZoneRules* rules_of(Context& context, const std::string& location) {
  using Cache = std::map<std::string, std::shared_ptr<const ZoneRules>>;
  constexpr std::size_t kMostZones = 64;
  constexpr std::uint64_t kStepsToRead = 2'000;
  auto& memo = context.memo(Context::Memo::kZones);
  if (memo == nullptr) memo = std::make_shared<Cache>();
  auto& cache = *static_cast<Cache*>(memo.get());
  const auto known = cache.find(location);
  if (known != cache.end()) return known->second.get();
  if (!context.charge(kStepsToRead)) return nullptr;
  if (cache.size() >= kMostZones) cache.clear();
  return cache.emplace(location, load_zone(location)).first->second.get();
}

struct Instant {
  std::int64_t seconds;
  std::int64_t nanosecond;
  Zone zone;
};

Instant instant_of(Value time) {
  const Value* fields = object_cast<Foreign>(time)->fields();
  return {fields[0].as_small_int(),
          fields[1].as_small_int(),
          {.offset = static_cast<std::int32_t>(fields[2].as_small_int()),
           .name = std::string(text_of(fields[3])),
           .location = std::string(text_of(fields[4]))}};
}

// --- time.time ---

constexpr std::string_view kTimeAttributes[] = {
    "day", "hour", "minute", "month", "nanosecond", "second", "unix", "unix_nano", "year"};

Value time_attribute(Context& context, Value self, std::string_view name) {
  const Instant t = instant_of(self);
  if (name == "unix") return context.integer(t.seconds);
  if (name == "unix_nano") {
    std::int64_t nanos;
    if (__builtin_mul_overflow(t.seconds, kSecond, &nanos) ||
        __builtin_add_overflow(nanos, t.nanosecond, &nanos)) {
      return context.fail("time.unix_nano: the year is out of range", "use t.unix");
    }
    return context.integer(nanos);
  }
  const Civil c = civil_of(t.seconds + t.zone.offset, t.nanosecond);
  if (name == "year") return Value::small_int(c.year);
  if (name == "month") return Value::small_int(c.month);
  if (name == "day") return Value::small_int(c.day);
  if (name == "hour") return Value::small_int(c.hour);
  if (name == "minute") return Value::small_int(c.minute);
  if (name == "second") return Value::small_int(c.second);
  if (name == "nanosecond") return Value::small_int(c.nanosecond);
  return Value::missing();
}

Value time_format(Context& context, const Args& args) {
  Value layout;
  if (!args.bind(context, {"format"}, &layout) || !want_string(context, args, "format", layout) ||
      !context.charge(20 + text_of(layout).size())) {
    return Value::failed();
  }
  const Instant t = instant_of(args.self);
  return context.string(format_time(t.seconds, t.nanosecond, t.zone, text_of(layout)));
}

Value time_in_location(Context& context, const Args& args) {
  Value name;
  Zone zone;
  if (!args.bind(context, {"location"}, &name) ||
      !want_zone(context, args.function_name(), name, zone)) {
    return Value::failed();
  }
  const Instant t = instant_of(args.self);
  return new_time(context, t.seconds, t.nanosecond, zone);
}

constexpr Builtin kTimeMethods[] = {{"format", time_format}, {"in_location", time_in_location}};

bool write_time(StringBuilder& out, Value self) {
  const Instant t = instant_of(self);
  return out.append(
      format_time(t.seconds, t.nanosecond, t.zone, "2006-01-02 15:04:05.999999999 -0700 MST"));
}

// The first second of the year 1 is Go's time that means nothing.
bool is_nonzero_time(Value self) {
  const Instant t = instant_of(self);
  return t.seconds != -62'135'596'800 || t.nanosecond != 0;
}

// time + duration, time - duration, time - time
Value time_operation(Context& context, BinaryOp op, Value a, Value b) {
  const bool add = op == BinaryOp::kAdd;
  if (!add && op != BinaryOp::kSub) return Value::missing();
  if (add && is_duration(a)) std::swap(a, b);
  if (!is_time(a)) return Value::missing();
  const Instant t = instant_of(a);
  if (is_duration(b)) {
    const std::int64_t n = nanoseconds_of(b);
    const std::int64_t sum = t.nanosecond + (add ? n : -n);
    const std::int64_t carry = (sum >= 0 ? sum : sum - (kSecond - 1)) / kSecond;
    return new_time(context, t.seconds + carry, sum - carry * kSecond, t.zone);
  }
  if (!is_time(b) || add) return Value::missing();
  const Instant u = instant_of(b);
  std::int64_t difference;
  if (__builtin_mul_overflow(t.seconds - u.seconds, kSecond, &difference)) {
    return context.fail("time: the times are too far apart for a duration");
  }
  return new_duration(context, difference + t.nanosecond - u.nanosecond);
}

// --- time.duration ---

constexpr std::string_view kDurationAttributes[] = {"hours",   "microseconds", "milliseconds",
                                                    "minutes", "nanoseconds",  "seconds"};

Value duration_attribute(Context& context, Value self, std::string_view name) {
  const std::int64_t n = nanoseconds_of(self);
  const auto in_units = [&](std::int64_t unit) {
    return context.real(static_cast<double>(n) / static_cast<double>(unit));
  };
  if (name == "hours") return in_units(3600 * kSecond);
  if (name == "minutes") return in_units(60 * kSecond);
  if (name == "seconds") return in_units(kSecond);
  if (name == "milliseconds") return Value::small_int(n / 1'000'000);
  if (name == "microseconds") return Value::small_int(n / 1'000);
  if (name == "nanoseconds") return Value::small_int(n);
  return Value::missing();
}

bool write_duration(StringBuilder& out, Value self) {
  return out.append(format_duration(nanoseconds_of(self)));
}

bool is_nonzero_duration(Value self) {
  return nanoseconds_of(self) != 0;
}

Value scaled(Context& context, std::int64_t nanoseconds, double factor) {
  const double n = static_cast<double>(nanoseconds) * factor;
  if (!(std::abs(n) < static_cast<double>(Value::kMaxSmallInt))) {
    return context.fail("time: duration out of range");
  }
  return new_duration(context, static_cast<std::int64_t>(n));
}

Value duration_by_number(Context& context, BinaryOp op, Value duration, Value number) {
  const std::int64_t n = nanoseconds_of(duration);
  if (is_float(number)) {
    const double d = as_float(number);
    if (op == BinaryOp::kMul) return scaled(context, n, d);
    if (op != BinaryOp::kDiv) return Value::missing();
    return d == 0 ? context.fail("division by zero") : scaled(context, n, 1 / d);
  }
  if (!number.is_small_int()) return Value::missing();
  const std::int64_t i = number.as_small_int();
  std::int64_t product;
  switch (op) {
    case BinaryOp::kMul:
      if (__builtin_mul_overflow(n, i, &product)) {
        return context.fail("time: duration out of range");
      }
      return new_duration(context, product);
    case BinaryOp::kDiv:
    case BinaryOp::kFloorDiv:
      if (i == 0) return context.fail("division by zero");
      return new_duration(context, n / i - (n % i != 0 && (n < 0) != (i < 0) ? 1 : 0));
    default:
      return Value::missing();
  }
}

Value duration_by_duration(Context& context, BinaryOp op, std::int64_t a, std::int64_t b) {
  switch (op) {
    case BinaryOp::kAdd:
      return new_duration(context, a + b);
    case BinaryOp::kSub:
      return new_duration(context, a - b);
    case BinaryOp::kDiv:
      if (b == 0) return context.fail("division by zero");
      return context.real(static_cast<double>(a) / static_cast<double>(b));
    case BinaryOp::kFloorDiv:
      if (b == 0) return context.fail("integer division by zero");
      return context.integer(a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));
    default:
      return Value::missing();
  }
}

Value duration_operation(Context& context, BinaryOp op, Value a, Value b) {
  if (is_time(a) || is_time(b)) return time_operation(context, op, a, b);
  if (is_duration(a) && is_duration(b)) {
    return duration_by_duration(context, op, nanoseconds_of(a), nanoseconds_of(b));
  }
  if (is_duration(a)) return duration_by_number(context, op, a, b);
  if (op == BinaryOp::kDiv || op == BinaryOp::kFloorDiv) {
    return context.fail("unsupported operation: " + std::string(type_name(a)) + " " +
                        std::string(symbol_of(op)) + " time.duration");
  }
  return op == BinaryOp::kMul ? duration_by_number(context, op, b, a) : Value::missing();
}

}  // namespace

constinit const ForeignType kTimeType{.name = "time.time",
                                      .identity = 2,
                                      .ordered = true,
                                      .methods = kTimeMethods,
                                      .attributes = kTimeAttributes,
                                      .attribute = time_attribute,
                                      .write = write_time,
                                      .binary = time_operation,
                                      .truth = is_nonzero_time};

constinit const ForeignType kDurationType{.name = "time.duration",
                                          .identity = 1,
                                          .ordered = true,
                                          .attributes = kDurationAttributes,
                                          .attribute = duration_attribute,
                                          .write = write_duration,
                                          .binary = duration_operation,
                                          .truth = is_nonzero_duration};

static Value unknown_zone(Context& context, std::string_view function, std::string_view name) {
  return context.fail(
      message(function, "unknown time zone \"" + printable(truncate_utf8(name, 60)) + "\""),
      "zones are \"UTC\", names such as \"Europe/Berlin\", and distances such as \"+02:00\"");
}

Value new_time(Context& context, std::int64_t seconds, std::int64_t nanosecond, const Zone& zone) {
  constexpr std::int64_t kFirst = -62'135'596'800;  // 0001-01-01
  constexpr std::int64_t kLast = 253'402'300'799;   // 9999-12-31
  if (seconds < kFirst || seconds > kLast) {
    return context.fail("time: the year is out of range: 1 to 9999");
  }
  std::int32_t offset = zone.offset;
  std::string abbreviation = zone.name;
  if (!zone.location.empty()) {
    const ZoneRules* rules = rules_of(context, zone.location);
    if (rules == nullptr) return unknown_zone(context, "time", zone.location);
    auto local = rules->at(seconds);
    offset = local.offset;
    abbreviation = std::move(local.abbreviation);
  }
  const Value name = context.string(abbreviation);
  const Value location = name.is_failed() ? name : context.string(zone.location);
  if (location.is_failed()) return location;
  return context.foreign(kTimeType, {Value::small_int(seconds), Value::small_int(nanosecond),
                                     Value::small_int(offset), name, location});
}

bool is_zone(Context& context, std::string_view name) {
  return name.size() <= 100 && (zone_of(name) || rules_of(context, std::string(name)) != nullptr);
}

std::int64_t utc_of_local(Context& context, std::int64_t local_seconds, const Zone& zone) {
  const ZoneRules* rules = zone.location.empty() ? nullptr : rules_of(context, zone.location);
  return local_seconds - (rules == nullptr ? zone.offset : rules->offset_of_local(local_seconds));
}

Value new_duration(Context& context, std::int64_t nanoseconds) {
  if (!Value::fits_small_int(nanoseconds)) return context.fail("time: duration out of range");
  return context.foreign(kDurationType, {Value::small_int(nanoseconds)});
}

bool want_zone(Context& context, std::string_view function, Value name, Zone& zone) {
  if (!is_string(name)) {
    context.fail(message(
        function, "for parameter location: got " + std::string(type_name(name)) + ", want string"));
    return false;
  }
  const std::string_view text = text_of(name);
  if (const auto fixed = text.size() <= 100 ? zone_of(text) : std::nullopt) {
    zone = *fixed;
    return true;
  }
  zone = {.location = std::string(text)};
  if (rules_of(context, zone.location) != nullptr) return true;
  unknown_zone(context, function, text);
  return false;
}

}  // namespace larkspur::starlark::lib
