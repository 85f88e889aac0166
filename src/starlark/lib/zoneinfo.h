// The time zones of the IANA database, read from the compiled files (TZif, RFC 9636) that every
// Unix has.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larkspur::starlark::lib {

class ZoneRules {
 public:
  struct Local {
    std::int32_t offset = 0;  // seconds east of UTC
    std::string abbreviation;
  };

  // Nothing where the bytes are no TZif file, or one with numbers that make no sense.
  static std::optional<ZoneRules> parse(std::string_view bytes);

  // What clocks of the zone show at a time given as seconds since 1970 in UTC.
  Local at(std::int64_t seconds) const;
  // The offset that makes a local time, given as if it were UTC, a time in UTC. Where a local time
  // comes twice or not at all, one of the two offsets around it, as Go has it.
  std::int32_t offset_of_local(std::int64_t local_seconds) const;

 private:
  friend class TzifReader;

  // When summer time begins or ends in a year: "M3.2.0/2", "J60", "59".
  struct Change {
    char kind = 'M';  // 'M': month, week, weekday; 'J': day 1 to 365, no leap days; 'D': day from 0
    int month = 0;
    int week = 0;
    int day = 0;
    std::int32_t time = 7200;  // seconds after midnight, local time
  };
  // The rule for all times after the last transition.
  struct Rule {
    Local standard;
    std::optional<Local> summer;
    Change begin;
    Change end;
  };

  static std::optional<Rule> parse_rule(std::string_view text);
  static std::int64_t seconds_of_change(const Change& change, std::int64_t year);
  Local by_rule(std::int64_t seconds) const;

  std::vector<std::int64_t> times_;  // of the transitions, ascending
  std::vector<std::uint8_t> types_;  // into locals_, from each transition on
  std::vector<Local> locals_;        // never empty; the first is that before all transitions
  std::optional<Rule> rule_;
};

// The zone "Europe/Berlin"; null where the host has none of that name. Reads a file of a few
// kilobytes.
std::shared_ptr<const ZoneRules> load_zone(std::string_view name);

}  // namespace larkspur::starlark::lib
