#include "ops/prometheus/query_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/form.h"
#include "base/text.h"
#include "ops/time_range.h"

namespace larkspur::ops {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSmallestDefaultStep{15'000};
constexpr std::int64_t kDefaultPoints = 250;

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

// Unix seconds with the milliseconds behind the point.
std::string seconds(EpochMs when) {
  return fmt::format("{}.{:03}", when / 1000, when % 1000);
}

std::int64_t unit_ms(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  if (unit == "w") return 604'800'000;
  return 0;
}

// "30s", "1h30m", "15", "0.5"; 0 for anything else.
milliseconds read_step(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, number);
      read.ec == std::errc{} && read.ptr == end) {
    return milliseconds(number > 0 && number < 1e9 ? std::llround(number * 1000) : 0);
  }
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto read = std::from_chars(text.data(), end, count);
    if (read.ec != std::errc{} || count < 0 || count > 1'000'000) return milliseconds(0);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    const std::size_t unit_end = std::min(text.find_first_not_of("mshdw"), text.size());
    const std::int64_t unit = unit_ms(text.substr(0, unit_end));
    if (unit == 0) return milliseconds(0);
    total += count * unit;
    text.remove_prefix(unit_end);
  }
  return milliseconds(total);
}

Result<milliseconds> settle_step(std::string_view text, const TimeRange& range) {
  const std::int64_t length = range.end - range.start;
  milliseconds step =
      std::max(kSmallestDefaultStep, milliseconds((length + kDefaultPoints - 1) / kDefaultPoints));
  if (!text.empty()) {
    step = read_step(text);
    if (step.count() <= 0) {
      return wrong(fmt::format("step: '{}' is no duration; write 30s, 5m, 1h30m or seconds",
                               printable(truncate_utf8(text, 64))));
    }
  } else if (step.count() % 1000 != 0) {
    step = milliseconds((step.count() / 1000 + 1) * 1000);
  }
  if (const std::int64_t points = length / step.count() + 1; points > kMaxPoints) {
    return wrong(
        fmt::format("step: {} points in each series, but Prometheus takes at most {}; use a "
                    "step of at least {}s, or a shorter range",
                    points, kMaxPoints, length / (kMaxPoints - 1) / 1000 + 1));
  }
  return step;
}

}  // namespace

Result<QueryPlan> plan_query(std::string_view promql, std::string_view start, std::string_view end,
                             std::string_view step, std::chrono::milliseconds timeout,
                             EpochMs now) {
  if (trim(promql).empty()) return wrong("promql: is empty");
  QueryPlan plan;
  plan.form = fmt::format("query={}&timeout={}ms", percent_encode(promql), timeout.count());
  if (start.empty()) {
    plan.path = "/api/v1/query";
    if (!step.empty())
      return wrong("step: goes with start_time; without one the query asks for one instant");
    if (!end.empty()) {
      const auto when = parse_moment(end, now);
      if (!when) return wrong("end_time: " + when.error().message);
      plan.form += "&time=" + seconds(*when);
    }
    return plan;
  }
  const auto range = parse_range(start, end, now);
  if (!range) return fail(range.error());
  const auto settled = settle_step(step, *range);
  if (!settled) return fail(settled.error());
  plan.range = true;
  plan.path = "/api/v1/query_range";
  plan.step = *settled;
  plan.form += fmt::format("&start={}&end={}&step={}", seconds(range->start), seconds(range->end),
                           static_cast<double>(settled->count()) / 1000);
  return plan;
}

}  // namespace larkspur::ops
