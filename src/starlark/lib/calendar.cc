#include "starlark/lib/calendar.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>

namespace larkspur::starlark::lib {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

enum class Part : unsigned char {
  kText,
  kYear,
  kYear2,
  kMonth2,
  kMonth,
  kMonthShort,
  kMonthLong,
  kDay2,
  kDay,
  kDaySpace,
  kHour2,
  kHour12,
  kHour12Two,
  kMinute2,
  kMinute,
  kSecond2,
  kSecond,
  kUpperPm,
  kLowerPm,
  kWeekdayShort,
  kWeekdayLong,
  kZone,
  kOffsetZColon,
  kOffsetZ,
  kOffsetColon,
  kOffset,
  kOffsetHours,
  kFraction,       // .000: so many digits
  kFractionShort,  // .999: without trailing zeros
};

struct Word {
  std::string_view text;
  Part part;
};
// Longer ones come before those that they begin with.
constexpr Word kGoWords[] = {
    {"2006", Part::kYear},
    {"January", Part::kMonthLong},
    {"Jan", Part::kMonthShort},
    {"Monday", Part::kWeekdayLong},
    {"Mon", Part::kWeekdayShort},
    {"MST", Part::kZone},
    {"Z07:00", Part::kOffsetZColon},
    {"Z0700", Part::kOffsetZ},
    {"-07:00", Part::kOffsetColon},
    {"-0700", Part::kOffset},
    {"-07", Part::kOffsetHours},
    {"01", Part::kMonth2},
    {"02", Part::kDay2},
    {"03", Part::kHour12Two},
    {"04", Part::kMinute2},
    {"05", Part::kSecond2},
    {"06", Part::kYear2},
    {"15", Part::kHour2},
    {"PM", Part::kUpperPm},
    {"pm", Part::kLowerPm},
    {"_2", Part::kDaySpace},
    {"1", Part::kMonth},
    {"2", Part::kDay},
    {"3", Part::kHour12},
    {"4", Part::kMinute},
    {"5", Part::kSecond},
};
constexpr Word kStrftimeWords[] = {
    {"%Y", Part::kYear},         {"%y", Part::kYear2},       {"%m", Part::kMonth2},
    {"%B", Part::kMonthLong},    {"%b", Part::kMonthShort},  {"%d", Part::kDay2},
    {"%e", Part::kDaySpace},     {"%H", Part::kHour2},       {"%I", Part::kHour12Two},
    {"%M", Part::kMinute2},      {"%S", Part::kSecond2},     {"%p", Part::kUpperPm},
    {"%a", Part::kWeekdayShort}, {"%A", Part::kWeekdayLong}, {"%z", Part::kOffset},
    {"%Z", Part::kZone},
};

struct Piece {
  Part part = Part::kText;
  std::string_view text;  // of the layout
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the next piece off the layout.
Piece next_piece(std::string_view& layout, bool strftime) {
  const auto take = [&](std::size_t size, Part part) {
    const Piece piece{part, layout.substr(0, size)};
    layout.remove_prefix(size);
    return piece;
  };
  if (strftime) {
    for (const Word& word : kStrftimeWords) {
      if (layout.starts_with(word.text)) return take(word.text.size(), word.part);
    }
    return take(1, Part::kText);
  }
  if (layout.size() > 1 && layout[0] == '.' && (layout[1] == '0' || layout[1] == '9')) {
    const std::size_t end = std::min(layout.find_first_not_of(layout[1], 1), layout.size());
    if (end == layout.size() || !is_digit(layout[end])) {
      return take(end, layout[1] == '0' ? Part::kFraction : Part::kFractionShort);
    }
  }
  for (const Word& word : kGoWords) {
    if (layout.starts_with(word.text)) return take(word.text.size(), word.part);
  }
  return take(1, Part::kText);
}

std::string offset_text(std::int32_t offset, std::string_view colon, bool minutes) {
  const std::int32_t size = std::abs(offset) / 60;
  std::string text = fmt::format("{}{:02}", offset < 0 ? '-' : '+', size / 60);
  if (minutes) text += fmt::format("{}{:02}", colon, size % 60);
  return text;
}

std::string fraction_text(std::int64_t nanosecond, std::size_t digits, bool shorten) {
  std::string text = fmt::format("{:09}", nanosecond);
  text.resize(std::min<std::size_t>(digits, 9));
  while (shorten && text.ends_with('0')) text.pop_back();
  return text.empty() ? text : "." + text;
}

// Reads text by pieces of a layout.
class TimeReader {
 public:
  TimeReader(std::string_view text, Zone zone) : text_(text) { time_.zone = std::move(zone); }

  bool read(const Piece& piece);
  std::optional<ParsedTime> finish();

 private:
  bool number(std::size_t least, std::size_t most, std::int64_t& out);
  bool name(std::span<const std::string_view> names, bool whole, std::int64_t& out);
  bool offset(std::string_view colon, bool minutes, bool z);
  bool fraction();

  std::string_view text_;
  ParsedTime time_;
  bool pm_ = false;
  bool am_ = false;
};

bool TimeReader::number(std::size_t least, std::size_t most, std::int64_t& out) {
  std::size_t size = 0;
  out = 0;
  while (size < most && size < text_.size() && is_digit(text_[size]))
    out = out * 10 + (text_[size++] - '0');
  text_.remove_prefix(size);
  return size >= least;
}

bool TimeReader::name(std::span<const std::string_view> names, bool whole, std::int64_t& out) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view wanted = whole ? names[i] : names[i].substr(0, 3);
    if (!text_.starts_with(wanted)) continue;
    text_.remove_prefix(wanted.size());
    out = static_cast<std::int64_t>(i) + 1;
    return true;
  }
  return false;
}

bool TimeReader::offset(std::string_view colon, bool minutes, bool z) {
  if (z && text_.starts_with('Z')) {
    text_.remove_prefix(1);
    time_.zone = {};
    return true;
  }
  if (text_.empty() || (text_[0] != '+' && text_[0] != '-')) return false;
  const int sign = text_[0] == '-' ? -1 : 1;
  text_.remove_prefix(1);
  std::int64_t hour = 0, minute = 0;
  if (!number(2, 2, hour)) return false;
  if (minutes) {
    if (!text_.starts_with(colon)) return false;
    text_.remove_prefix(colon.size());
    if (!number(2, 2, minute)) return false;
  }
  if (hour > 23 || minute > 59) return false;
  time_.zone.offset = static_cast<std::int32_t>(sign * (hour * 3600 + minute * 60));
  time_.zone.name = time_.zone.offset == 0 ? "UTC" : offset_text(time_.zone.offset, ":", true);
  return true;
}

bool TimeReader::fraction() {
  if (text_.size() < 2 || text_[0] != '.' || !is_digit(text_[1])) return false;
  text_.remove_prefix(1);
  std::int64_t scale = 100'000'000;
  time_.civil.nanosecond = 0;
  while (!text_.empty() && is_digit(text_[0])) {
    time_.civil.nanosecond += (text_[0] - '0') * scale;
    scale /= 10;
    text_.remove_prefix(1);
  }
  return true;
}

bool TimeReader::read(const Piece& piece) {
  Civil& c = time_.civil;
  std::int64_t ignored = 0;
  switch (piece.part) {
    case Part::kText:
      if (!text_.starts_with(piece.text)) return false;
      text_.remove_prefix(piece.text.size());
      return true;
    case Part::kYear:
      return number(4, 4, c.year);
    case Part::kYear2:
      if (!number(2, 2, c.year)) return false;
      c.year += c.year >= 69 ? 1900 : 2000;
      return true;
    case Part::kMonth2:
      return number(2, 2, c.month);
    case Part::kMonth:
      return number(1, 2, c.month);
    case Part::kMonthShort:
      return name(kMonths, false, c.month);
    case Part::kMonthLong:
      return name(kMonths, true, c.month);
    case Part::kWeekdayShort:
      return name(kDays, false, ignored);
    case Part::kWeekdayLong:
      return name(kDays, true, ignored);
    case Part::kDay2:
      return number(2, 2, c.day);
    case Part::kDaySpace:
      if (text_.starts_with(' ')) text_.remove_prefix(1);
      return number(1, 2, c.day);
    case Part::kDay:
      return number(1, 2, c.day);
    case Part::kHour2:
    case Part::kHour12Two:
      return number(2, 2, c.hour);
    case Part::kHour12:
      return number(1, 2, c.hour);
    case Part::kMinute2:
      return number(2, 2, c.minute);
    case Part::kMinute:
      return number(1, 2, c.minute);
    case Part::kSecond2:
    case Part::kSecond:
      if (!number(piece.part == Part::kSecond ? 1 : 2, 2, c.second)) return false;
      if (text_.starts_with('.')) return fraction();  // whether the layout has one or not
      return true;
    case Part::kFraction:
    case Part::kFractionShort:
      return true;  // has been read with the seconds
    case Part::kUpperPm:
    case Part::kLowerPm: {
      const bool upper = piece.part == Part::kUpperPm;
      pm_ = text_.starts_with(upper ? "PM" : "pm");
      am_ = text_.starts_with(upper ? "AM" : "am");
      if (pm_ || am_) text_.remove_prefix(2);
      return pm_ || am_;
    }
    case Part::kZone: {
      std::size_t size = 0;
      while (size < text_.size() && text_[size] >= 'A' && text_[size] <= 'Z') ++size;
      const auto zone = zone_of(text_.substr(0, size));
      text_.remove_prefix(size);
      if (zone && size > 0) time_.zone = *zone;
      return zone && size > 0;
    }
    case Part::kOffsetZColon:
      return offset(":", true, true);
    case Part::kOffsetZ:
      return offset("", true, true);
    case Part::kOffsetColon:
      return offset(":", true, false);
    case Part::kOffset:
      return offset("", true, false);
    case Part::kOffsetHours:
      return offset("", false, false);
  }
  return false;
}

std::optional<ParsedTime> TimeReader::finish() {
  Civil& c = time_.civil;
  if (pm_ && c.hour < 12) c.hour += 12;
  if (am_ && c.hour == 12) c.hour = 0;
  const Civil normal = civil_of(seconds_of(c), c.nanosecond);
  const bool in_range = normal.year == c.year && normal.month == c.month && normal.day == c.day &&
                        normal.hour == c.hour && normal.minute == c.minute &&
                        normal.second == c.second;
  if (!text_.empty() || !in_range) return std::nullopt;
  return time_;
}

}  // namespace

std::optional<Zone> zone_of(std::string_view name) {
  if (name.empty() || name == "UTC" || name == "GMT" || name == "Z" || name == "Local") {
    return Zone{};
  }
  std::string problem;
  for (const std::string_view layout : {"-07:00", "-0700", "-07"}) {
    if (auto parsed = parse_time(name, layout, {}, problem)) return parsed->zone;
  }
  return std::nullopt;
}

// Days from civil and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
std::int64_t seconds_of(const Civil& civil) {
  std::int64_t months = civil.month - 1;
  std::int64_t year = civil.year + (months >= 0 ? months / 12 : (months - 11) / 12);
  const std::int64_t month = ((months % 12) + 12) % 12 + 1;
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  const std::int64_t days = era * 146097 + day_of_era - 719468 + civil.day - 1;
  return days * 86400 + civil.hour * 3600 + civil.minute * 60 + civil.second;
}

Civil civil_of(std::int64_t seconds, std::int64_t nanosecond) {
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {.year = year_of_era + era * 400 + (month <= 2),
          .month = month,
          .day = day_of_year - (153 * shifted + 2) / 5 + 1,
          .hour = rest / 3600,
          .minute = rest / 60 % 60,
          .second = rest % 60,
          .nanosecond = nanosecond};
}

int weekday_of(std::int64_t seconds) {
  const std::int64_t days = (seconds >= 0 ? seconds : seconds - 86399) / 86400;
  return static_cast<int>(((days + 4) % 7 + 7) % 7);
}

std::string format_time(std::int64_t seconds, std::int64_t nanosecond, const Zone& zone,
                        std::string_view layout) {
  const std::int64_t local = seconds + zone.offset;
  const Civil c = civil_of(local, nanosecond);
  const std::int64_t hour12 = c.hour % 12 == 0 ? 12 : c.hour % 12;
  const std::string_view month = kMonths[static_cast<std::size_t>(c.month - 1)];
  const std::string_view day = kDays[static_cast<std::size_t>(weekday_of(local))];
  const bool strftime = layout.find('%') != std::string_view::npos;
  std::string out;
  const auto two = [&](std::int64_t n) { out += fmt::format("{:02}", n); };
  while (!layout.empty()) {
    const Piece piece = next_piece(layout, strftime);
    switch (piece.part) {
      case Part::kText:
        out += piece.text;
        break;
      case Part::kYear:
        out += fmt::format("{:04}", c.year);
        break;
      case Part::kYear2:
        two(c.year % 100);
        break;
      case Part::kMonth2:
        two(c.month);
        break;
      case Part::kMonth:
        out += std::to_string(c.month);
        break;
      case Part::kMonthShort:
        out += month.substr(0, 3);
        break;
      case Part::kMonthLong:
        out += month;
        break;
      case Part::kDay2:
        two(c.day);
        break;
      case Part::kDay:
        out += std::to_string(c.day);
        break;
      case Part::kDaySpace:
        out += fmt::format("{:2}", c.day);
        break;
      case Part::kHour2:
        two(c.hour);
        break;
      case Part::kHour12:
        out += std::to_string(hour12);
        break;
      case Part::kHour12Two:
        two(hour12);
        break;
      case Part::kMinute2:
        two(c.minute);
        break;
      case Part::kMinute:
        out += std::to_string(c.minute);
        break;
      case Part::kSecond2:
        two(c.second);
        break;
      case Part::kSecond:
        out += std::to_string(c.second);
        break;
      case Part::kUpperPm:
        out += c.hour < 12 ? "AM" : "PM";
        break;
      case Part::kLowerPm:
        out += c.hour < 12 ? "am" : "pm";
        break;
      case Part::kWeekdayShort:
        out += day.substr(0, 3);
        break;
      case Part::kWeekdayLong:
        out += day;
        break;
      case Part::kZone:
        out += zone.name;
        break;
      case Part::kOffsetZColon:
        out += zone.offset == 0 ? "Z" : offset_text(zone.offset, ":", true);
        break;
      case Part::kOffsetZ:
        out += zone.offset == 0 ? "Z" : offset_text(zone.offset, "", true);
        break;
      case Part::kOffsetColon:
        out += offset_text(zone.offset, ":", true);
        break;
      case Part::kOffset:
        out += offset_text(zone.offset, "", true);
        break;
      case Part::kOffsetHours:
        out += offset_text(zone.offset, "", false);
        break;
      case Part::kFraction:
        out += fraction_text(nanosecond, piece.text.size() - 1, false);
        break;
      case Part::kFractionShort:
        out += fraction_text(nanosecond, piece.text.size() - 1, true);
        break;
    }
  }
  return out;
}

std::optional<ParsedTime> parse_time(std::string_view text, std::string_view layout, Zone zone,
                                     std::string& problem) {
  TimeReader reader(text, std::move(zone));
  const bool strftime = layout.find('%') != std::string_view::npos;
  std::string_view rest = layout;
  bool fine = true;
  while (fine && !rest.empty()) fine = reader.read(next_piece(rest, strftime));
  std::optional<ParsedTime> time;
  if (fine) time = reader.finish();
  if (!time) problem = fmt::format("cannot parse \"{}\" as \"{}\"", text, layout);
  return time;
}

}  // namespace larkspur::starlark::lib
