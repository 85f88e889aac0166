#include "ops/time_range.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>

#include "base/text.h"

namespace larkspur::ops {

namespace {

using std::chrono::milliseconds;
using std::chrono::sys_days;

// Longer ago than this no tool looks, and no sum below overflows.
constexpr std::int64_t kMaxCount = 10'000'000'000'000;

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || text[0] == '-' || read.ec != std::errc{} || read.ptr != end) return {};
  if (value > kMaxCount) return {};
  return value;
}

// Takes `count` digits off the front of `text`.
std::optional<int> take(std::string_view& text, std::size_t count) {
  const auto value = digits(text.substr(0, count));
  if (text.size() < count || !value) return std::nullopt;
  text.remove_prefix(count);
  return static_cast<int>(*value);
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<EpochMs> ago(std::string_view text, EpochMs now) {
  if (text.empty()) return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1'000;
      break;
    case 'm':
      unit = 60'000;
      break;
    case 'h':
      unit = 3'600'000;
      break;
    case 'd':
      unit = 86'400'000;
      break;
    case 'w':
      unit = 604'800'000;
      break;
    default:
      return std::nullopt;
  }
  const auto count = digits(text.substr(0, text.size() - 1));
  if (!count || *count > now / unit) return std::nullopt;
  return now - *count * unit;
}

std::optional<EpochMs> unix_time(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto value = digits(text.substr(0, point));
  if (!value) return std::nullopt;
  if (point == text.npos) return text.size() >= 13 ? *value : *value * 1'000;
  std::string fraction(text.substr(point + 1));  // of a second, as many programs write it
  if (point >= 13 || !digits(fraction)) return std::nullopt;
  fraction.resize(3, '0');
  return *value * 1'000 + *digits(fraction);
}

// "Z", "+08:00", "+0800" or "+08"; milliseconds to subtract.
std::optional<std::int64_t> zone(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  const bool east = text[0] == '+';
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take(text, 2);
  take(text, ":");
  const auto minutes = text.empty() ? std::optional<int>(0) : take(text, 2);
  if (!hours || !minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t offset = (*hours * 60 + *minutes) * std::int64_t{60'000};
  return east ? offset : -offset;
}

std::optional<EpochMs> iso8601(std::string_view text) {
  const auto year = take(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  std::int64_t in_day = 0;
  if (take(text, "Tt ")) {
    const auto hour = take(text, 2);
    if (!hour || !take(text, ":")) return std::nullopt;
    const auto minute = take(text, 2);
    std::optional<int> second = 0;
    if (take(text, ":")) second = take(text, 2);
    if (!minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    in_day = ((*hour * 60 + *minute) * std::int64_t{60} + *second) * 1'000;
    if (take(text, ".")) {
      const std::size_t width = std::min(text.find_first_not_of("0123456789"), text.size());
      if (width == 0) return std::nullopt;
      const std::string_view shown = text.substr(0, std::min<std::size_t>(width, 3));
      std::int64_t fraction = *digits(shown);
      for (std::size_t i = shown.size(); i < 3; ++i) fraction *= 10;
      in_day += fraction;
      text.remove_prefix(width);
    }
  } else if (!text.empty()) {
    return std::nullopt;
  }
  const auto offset = zone(text);
  if (!offset) return std::nullopt;
  const auto midnight = std::chrono::duration_cast<milliseconds>(sys_days(date).time_since_epoch());
  return midnight.count() + in_day - *offset;
}

}  // namespace

Result<EpochMs> parse_moment(std::string_view text, EpochMs now) {
  text = trim(text);
  if (text == "now") return now;
  if (const auto when = unix_time(text)) return *when;
  if (const auto when = ago(text, now)) return *when;
  if (const auto when = iso8601(text)) return *when;
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("'{}' is not a time: write 30m, 24h or 7d (so long ago), now, an ISO 8601 "
                  "time such as 2026-01-15T08:00:00Z, or Unix seconds",
                  printable(truncate_utf8(text, 64))));
}

Result<TimeRange> parse_range(std::string_view start, std::string_view end, EpochMs now) {
  const auto from = parse_moment(start, now);
  if (!from) return fail(from.error().code, "start_time: " + from.error().message);
  const auto to = parse_moment(end.empty() ? "now" : end, now);
  if (!to) return fail(to.error().code, "end_time: " + to.error().message);
  if (*from >= *to) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("start_time ({}) must be before end_time ({})", to_iso8601(*from),
                            to_iso8601(*to)));
  }
  return TimeRange{*from, *to};
}

}  // namespace larkspur::ops
