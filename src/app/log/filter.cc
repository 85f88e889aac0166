#include "app/log/filter.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"
#include "execlog/iso_time.h"

namespace larkspur::app::log {

namespace {

using Unit = std::pair<std::string_view, std::int64_t>;  // and its milliseconds

// "2h" with one of the units; nullopt for everything else.
template <std::size_t N>
std::optional<std::int64_t> milliseconds(std::string_view text, const std::array<Unit, N>& units) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, count);
  if (read.ec != std::errc{} || count < 0 || count >= 1'000'000'000) return std::nullopt;
  const std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
  for (const auto& [name, factor] : units) {
    if (unit == name) return count * factor;
  }
  return std::nullopt;
}

std::unexpected<Error> wrong(std::string_view prefix, std::string_view name, std::string_view text,
                             std::string_view instead) {
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{}{}: '{}' {}", prefix, name, printable(truncate_utf8(text, 64)), instead));
}

Result<std::optional<EpochMs>> read_time(std::string_view prefix, std::string_view name,
                                         std::string_view text) {
  static constexpr std::array<Unit, 4> kAgo{
      {{"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  if (text.empty()) return std::nullopt;
  if (const auto ago = milliseconds(text, kAgo)) return wall_clock_ms() - *ago;
  if (const auto time = execlog::from_iso8601(text)) return *time;
  return wrong(prefix, name, text, "is no time; write 30m, 2h, 7d or 2026-11-20T07:00:00Z");
}

}  // namespace

Result<execlog::Filter> read_filter(const FilterWords& words, std::string_view prefix) {
  execlog::Filter filter{.tool = words.tool,
                         .backend = words.backend,
                         .principal = words.principal,
                         .session_id = words.session,
                         .script_hash = words.script,
                         .text = words.text,
                         .top_level_only = !words.all};
  if (!words.status.empty()) {
    filter.status = execlog::from_text<execlog::Status>(words.status);
    if (!filter.status) {
      return wrong(prefix, "status", words.status,
                   "is none of success, failed, timeout, cancelled, denied, partial, unknown");
    }
  }
  auto since = read_time(prefix, "since", words.since);
  if (!since) return fail(std::move(since.error()));
  filter.since = *since;
  auto until = read_time(prefix, "until", words.until);
  if (!until) return fail(std::move(until.error()));
  filter.until = *until;
  if (!words.slower_than.empty()) {
    static constexpr std::array<Unit, 4> kLong{{{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60'000}}};
    filter.slower_than = milliseconds(words.slower_than, kLong);
    if (!filter.slower_than) {
      return wrong(prefix, "slower-than", words.slower_than,
                   "is no duration; write 250ms, 2s or 1m");
    }
  }
  return filter;
}

}  // namespace larkspur::app::log
