#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "app/commands.h"
#include "app/load_config.h"
#include "base/text.h"
#include "execlog/iso_time.h"
#include "execlog/json_form.h"
#include "execlog/render.h"
#include "execlog/sqlite_reader.h"
#include "json/writer.h"

namespace larkspur::app {

namespace {

execlog::RenderOptions terminal() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return {.width = size.ws_col};
  return {};
}

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

Result<execlog::Filter> filter_of(const LogOptions& options) {
  execlog::Filter filter{
      .tool = options.tool, .top_level_only = !options.all, .limit = options.limit};
  if (!options.status.empty()) {
    filter.status = execlog::from_text<execlog::Status>(options.status);
    if (!filter.status) {
      return fail(ErrorCode::kInvalidArgument,
                  "--status: '" + printable(options.status) +
                      "' is none of success, failed, timeout, cancelled, denied, partial");
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

execlog::SqliteReader reader_of(const LogOptions& options) {
  return execlog::SqliteReader(options.directory.empty() ? default_log_directory()
                                                         : options.directory);
}

std::string tree_json(const execlog::Tree& tree) {
  json::Writer writer;
  writer.begin_object().key("record").raw(execlog::to_json(tree.record, execlog::View::kAudit));
  writer.key("children").begin_array();
  for (const execlog::Tree& child : tree.children) writer.raw(tree_json(child));
  writer.end_array().end_object();
  return writer.take();
}

}  // namespace

int log_list(const LogOptions& options) {
  const auto filter = filter_of(options);
  if (!filter) return could_not(filter.error());
  const auto records = reader_of(options).list(*filter);
  if (!records) return could_not(records.error());
  if (options.json) {
    for (const execlog::StoredRecord& each : *records) {
      std::printf("%s\n", execlog::to_json(each.record, execlog::View::kAudit).c_str());
    }
  } else if (records->empty()) {
    std::fprintf(stderr, "no calls match; see them all with: larkspur log --all\n");
  } else {
    std::fputs(execlog::render_list(*records, terminal()).c_str(), stdout);
  }
  return records->empty() ? kNo : kYes;
}

int log_show(const LogOptions& options) {
  execlog::SqliteReader reader = reader_of(options);
  const auto tree = execlog::load_tree(reader, options.id);
  if (!tree) return could_not(tree.error());
  if (options.json) {
    std::printf("%s\n", tree_json(*tree).c_str());
  } else {
    std::fputs(execlog::render_tree(*tree, terminal()).c_str(), stdout);
  }
  return kYes;
}

}  // namespace larkspur::app
