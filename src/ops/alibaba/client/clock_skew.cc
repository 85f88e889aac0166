#include "ops/alibaba/client/clock_skew.h"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>

namespace larkspur::ops::alibaba {

namespace {

constexpr std::int64_t kTolerated = 60'000;

// IMF-fixdate of RFC 9110 5.6.7; the only form that senders may use.
std::optional<EpochMs> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t width) {
    int value = -1;
    std::from_chars(text.data() + at, text.data() + at + width, value);
    return value;
  };
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(number(12, 4)),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(number(5, 2)))};
  const int hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (!date.ok() || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  const auto time = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                    std::chrono::minutes(minute) + std::chrono::seconds(second);
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

bool ClockSkew::learn(std::string_view date) {
  const auto theirs = parse_http_date(date);
  if (!theirs) return false;
  const std::int64_t offset = *theirs - wall_clock_ms();
  const std::int64_t before = offset_ms_.exchange(offset, std::memory_order_relaxed);
  return offset - before > kTolerated || before - offset > kTolerated;
}

}  // namespace larkspur::ops::alibaba
