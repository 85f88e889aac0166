#include "app/log/support.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "app/commands.h"
#include "app/load_config.h"
#include "base/text.h"
#include "execlog/iso_time.h"

namespace larkspur::app::log {

namespace {

// "30m", "2h", "7d" before now, or an ISO 8601 time.
Result<EpochMs> parse_since(std::string_view text) {
  std::int64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(read.ptr,
                              static_cast<std::size_t>(text.data() + text.size() - read.ptr));
  if (read.ec == std::errc{} && count >= 0 && count < 1'000'000) {
    if (unit == "s") return wall_clock_ms() - count * 1000;
    if (unit == "m") return wall_clock_ms() - count * 60'000;
    if (unit == "h") return wall_clock_ms() - count * 3'600'000;
    if (unit == "d") return wall_clock_ms() - count * 86'400'000;
  }
  if (const auto time = execlog::from_iso8601(text)) return *time;
  return fail(
      ErrorCode::kInvalidArgument,
      "--since: '" + printable(text) + "' is no time; write 30m, 2h, 7d or 2026-11-20T07:00:00Z");
}

}  // namespace

std::string directory_of(const Common& options) {
  return options.directory.empty() ? default_log_directory() : options.directory;
}

execlog::SqliteReader reader_of(const Common& options) {
  return execlog::SqliteReader(directory_of(options));
}

Result<execlog::Filter> filter_of(const ListOptions& options) {
  execlog::Filter filter{
      .tool = options.tool, .top_level_only = !options.all, .limit = options.limit};
  if (!options.status.empty()) {
    filter.status = execlog::from_text<execlog::Status>(options.status);
    if (!filter.status) {
      return fail(ErrorCode::kInvalidArgument,
                  "--status: '" + printable(options.status) +
                      "' is none of success, failed, timeout, cancelled, denied, partial, unknown");
    }
  }
  if (!options.since.empty()) {
    auto since = parse_since(options.since);
    if (!since) return fail(std::move(since.error()));
    filter.since = *since;
  }
  return filter;
}

int could_not(const Error& error) {
  std::fprintf(stderr, "larkspur log: %s\n", error.message.c_str());
  return error.code == ErrorCode::kNotFound ? kNo : kCouldNot;
}

execlog::RenderOptions terminal() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return {.width = size.ws_col};
  return {};
}

}  // namespace larkspur::app::log
