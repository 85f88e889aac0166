#include "starlark/lib/zoneinfo.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "starlark/lib/calendar.h"

namespace larkspur::starlark::lib {
namespace {

constexpr std::size_t kMostBytes = 1u << 18;
constexpr std::size_t kMostName = 64;
constexpr std::int32_t kMostOffset = 26 * 3600;
constexpr const char* kFolders[] = {"/usr/share/zoneinfo/", "/usr/lib/zoneinfo/", "/etc/zoneinfo/"};

// Names such as "America/Argentina/Buenos_Aires" and "Etc/GMT+5": nothing that leads out of the
// folder.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > kMostName || name.front() == '/') return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/_+-").find(c) != std::string_view::npos;
  });
}

bool read_file(const std::string& path, std::string& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  bytes.resize(kMostBytes);
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
  std::fclose(file);
  return bytes.size() < kMostBytes;
}

// A POSIX TZ string: "CET-1CEST,M3.5.0,M10.5.0/3".
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool accept(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool name(std::string& out) {
    const bool quoted = accept('<');
    std::size_t size = 0;
    while (size < text_.size() && (quoted ? text_[size] != '>' : is_letter(text_[size]))) ++size;
    out = text_.substr(0, size);
    text_.remove_prefix(size);
    return !out.empty() && out.size() <= 10 && (!quoted || accept('>'));
  }

  bool number(int& out) {
    std::size_t digits = 0;
    out = 0;
    while (digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9' && digits < 4)
      out = out * 10 + (text_[digits++] - '0');
    text_.remove_prefix(digits);
    return digits > 0;
  }

  // [+-]hh[:mm[:ss]]
  bool time(std::int32_t& out) {
    const bool negative = accept('-');
    if (!negative) accept('+');
    int parts[3] = {0, 0, 0};
    if (!number(parts[0])) return false;
    for (int i = 1; i < 3 && accept(':'); ++i) {
      if (!number(parts[i])) return false;
    }
    if (parts[0] > 167 || parts[1] > 59 || parts[2] > 59) return false;
    out = parts[0] * 3600 + parts[1] * 60 + parts[2];
    if (negative) out = -out;
    return true;
  }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  std::string_view text_;
};

}  // namespace

std::optional<ZoneRules::Rule> ZoneRules::parse_rule(std::string_view text) {
  RuleReader reader(text);
  Rule rule;
  std::int32_t west = 0;
  if (!reader.name(rule.standard.abbreviation) || !reader.time(west)) return std::nullopt;
  rule.standard.offset = -west;
  if (reader.at_end()) return rule;
  Local summer{.offset = rule.standard.offset + 3600, .abbreviation = {}};
  if (!reader.name(summer.abbreviation)) return std::nullopt;
  if (!reader.accept(',')) {
    if (!reader.time(west) || !reader.accept(',')) return std::nullopt;
    summer.offset = -west;
  }
  for (Change* change : {&rule.begin, &rule.end}) {
    if (change == &rule.end && !reader.accept(',')) return std::nullopt;
    if (reader.accept('M')) {
      if (!reader.number(change->month) || !reader.accept('.') || !reader.number(change->week) ||
          !reader.accept('.') || !reader.number(change->day) || change->month < 1 ||
          change->month > 12 || change->week < 1 || change->week > 5 || change->day > 6) {
        return std::nullopt;
      }
    } else {
      change->kind = reader.accept('J') ? 'J' : 'D';
      if (!reader.number(change->day) || change->day > 365) return std::nullopt;
    }
    if (reader.accept('/') && !reader.time(change->time)) return std::nullopt;
  }
  if (!reader.at_end()) return std::nullopt;
  rule.summer = std::move(summer);
  return rule;
}

// As if the local time were UTC.
std::int64_t ZoneRules::seconds_of_change(const Change& change, std::int64_t year) {
  constexpr std::int64_t kDay = 86'400;
  if (change.kind != 'M') {
    const std::int64_t first = seconds_of({.year = year});
    const bool leap = seconds_of({.year = year + 1}) - first == 366 * kDay;
    std::int64_t day = change.day;
    if (change.kind == 'J' && (!leap || change.day < 60)) --day;
    return first + day * kDay + change.time;
  }
  const std::int64_t first = seconds_of({.year = year, .month = change.month});
  const std::int64_t next = seconds_of({.year = year, .month = change.month + 1});
  std::int64_t day = (change.day - weekday_of(first) + 7) % 7 + (change.week - 1) * 7;
  while (first + day * kDay >= next) day -= 7;
  return first + day * kDay + change.time;
}

ZoneRules::Local ZoneRules::by_rule(std::int64_t seconds) const {
  if (!rule_->summer) return rule_->standard;
  const std::int64_t year = civil_of(seconds + rule_->standard.offset, 0).year;
  const std::int64_t begin = seconds_of_change(rule_->begin, year) - rule_->standard.offset;
  const std::int64_t end = seconds_of_change(rule_->end, year) - rule_->summer->offset;
  const bool summer =
      begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
  return summer ? *rule_->summer : rule_->standard;
}

ZoneRules::Local ZoneRules::at(std::int64_t seconds) const {
  const auto after = std::ranges::upper_bound(times_, seconds);
  if (after == times_.end() && rule_) return by_rule(seconds);
  if (after == times_.begin()) return locals_.front();
  return locals_[types_[static_cast<std::size_t>(after - times_.begin()) - 1]];
}

std::int32_t ZoneRules::offset_of_local(std::int64_t local_seconds) const {
  const std::int32_t guess = at(local_seconds).offset;
  return at(local_seconds - guess).offset;
}

// The parts of a TZif file, in order.
class TzifReader {
 public:
  explicit TzifReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<ZoneRules> read() {
    Header first;
    if (!header(first)) return std::nullopt;
    // Versions above 1 have the same again with 64-bit times, which is what counts.
    if (first.version >= '2') {
      Header second;
      if (!skip(block_size(first, 4)) || !header(second)) return std::nullopt;
      if (!block(second, 8)) return std::nullopt;
      const std::size_t end = bytes_.size() > 1 ? bytes_.find('\n', 1) : std::string_view::npos;
      if (bytes_.starts_with('\n') && end != std::string_view::npos)
        zone_.rule_ = ZoneRules::parse_rule(bytes_.substr(1, end - 1));
    } else if (!block(first, 4)) {
      return std::nullopt;
    }
    return std::move(zone_);
  }

 private:
  struct Header {
    char version = 0;
    std::uint32_t utc_flags = 0, wall_flags = 0, leaps = 0, times = 0, types = 0, letters = 0;
  };

  static std::size_t block_size(const Header& h, std::size_t time_size) {
    return std::size_t{h.times} * (time_size + 1) + std::size_t{h.types} * 6 + h.letters +
           std::size_t{h.leaps} * (time_size + 4) + h.wall_flags + h.utc_flags;
  }

  bool skip(std::size_t size) {
    if (size > bytes_.size()) return false;
    bytes_.remove_prefix(size);
    return true;
  }

  std::int64_t big_endian(std::size_t at, std::size_t size) const {
    std::uint64_t value = bytes_[at] < 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < size; ++i)
      value = value << 8 | static_cast<unsigned char>(bytes_[at + i]);
    return static_cast<std::int64_t>(value);
  }

  bool header(Header& h) {
    if (bytes_.size() < 44 || !bytes_.starts_with("TZif")) return false;
    h.version = bytes_[4];
    std::uint32_t* const counts[] = {&h.utc_flags, &h.wall_flags, &h.leaps,
                                     &h.times,     &h.types,      &h.letters};
    for (std::size_t i = 0; i < 6; ++i)
      *counts[i] = static_cast<std::uint32_t>(big_endian(20 + 4 * i, 4));
    return skip(44);
  }

  bool block(const Header& h, std::size_t time_size) {
    if (h.types == 0 || h.types > 256 || h.letters > 10'000 || h.times > 100'000 ||
        block_size(h, time_size) > bytes_.size()) {
      return false;
    }
    const std::size_t types = std::size_t{h.times} * time_size;
    const std::size_t locals = types + h.times;
    const std::size_t letters = locals + std::size_t{h.types} * 6;
    for (std::size_t i = 0; i < h.times; ++i) {
      zone_.times_.push_back(big_endian(i * time_size, time_size));
      zone_.types_.push_back(static_cast<std::uint8_t>(bytes_[types + i]));
      if (zone_.types_.back() >= h.types) return false;
    }
    if (!std::ranges::is_sorted(zone_.times_)) return false;
    const std::string_view texts = bytes_.substr(letters, h.letters);
    for (std::size_t i = 0; i < h.types; ++i) {
      const std::int64_t offset = big_endian(locals + 6 * i, 4);
      const std::size_t begin = static_cast<unsigned char>(bytes_[locals + 6 * i + 5]);
      if (begin >= texts.size() || offset < -kMostOffset || offset > kMostOffset) return false;
      const std::string_view text = texts.substr(begin);
      const std::string_view abbreviation = text.substr(0, text.find('\0'));
      if (std::ranges::any_of(abbreviation, [](char c) { return c < 0x20 || c > 0x7e; }))
        return false;
      zone_.locals_.push_back(
          {static_cast<std::int32_t>(offset), std::string(abbreviation.substr(0, 10))});
    }
    return skip(block_size(h, time_size));
  }

  std::string_view bytes_;
  ZoneRules zone_;
};

std::optional<ZoneRules> ZoneRules::parse(std::string_view bytes) {
  return TzifReader(bytes).read();
}

std::shared_ptr<const ZoneRules> load_zone(std::string_view name) {
  if (!is_zone_name(name)) return nullptr;
  std::string bytes;
  for (const char* const folder : kFolders) {
    if (!read_file(folder + std::string(name), bytes)) continue;
    auto rules = ZoneRules::parse(bytes);
    return rules ? std::make_shared<const ZoneRules>(std::move(*rules)) : nullptr;
  }
  return nullptr;
}

}  // namespace larkspur::starlark::lib
