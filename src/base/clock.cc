#include "base/clock.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace larkspur {

EpochMs wall_clock_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

namespace {

// The digits of `value`, which has at most `count`, so that they end before `end`.
void put_digits(char* end, std::uint64_t value, int count) {
  for (; count > 0; --count, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string to_iso8601(EpochMs when) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds{when}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<milliseconds> clock{time - day};
  const int year = static_cast<int>(date.year());
  const auto month = static_cast<unsigned>(date.month()),
             of_month = static_cast<unsigned>(date.day());
  if (year < 0 || year > 9999) {  // no time of any record
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", year, month, of_month,
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
  }
  // By hand: every record has two of these.
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&text](std::size_t end, auto value, int count) {
    put_digits(&text[end], static_cast<std::uint64_t>(value), count);
  };
  put(4, year, 4);
  put(7, month, 2);
  put(10, of_month, 2);
  put(13, clock.hours().count(), 2);
  put(16, clock.minutes().count(), 2);
  put(19, clock.seconds().count(), 2);
  put(23, clock.subseconds().count(), 3);
  return text;
}

}  // namespace larkspur
