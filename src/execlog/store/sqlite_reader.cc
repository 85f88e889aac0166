#include "execlog/store/sqlite_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <ranges>
#include <tuple>

#include "base/text.h"
#include "execlog/form/json_form.h"

namespace larkspur::execlog {

namespace {

// "3/7" as numbers, for sorting.
std::vector<std::uint64_t> numbers_of(std::string_view place) {
  std::vector<std::uint64_t> numbers;
  for (const auto part : std::views::split(place, '/')) {
    std::uint64_t number = 0;
    std::from_chars(part.data(), part.data() + part.size(), number);
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

Result<void> SqliteReader::select(
    std::string_view columns, const SqlConditions& conditions, std::size_t limit,
    const std::function<Result<bool>(sqlite::Statement&, const Partition&)>& visit) {
  Result<std::vector<Partition>> partitions = list_partitions(directory_);
  if (!partitions) return fail(std::move(partitions.error()));
  conditions.leave_out(*partitions);
  const std::string sql = conditions.select(columns);
  for (const Partition& partition : *partitions) {
    if (limit == 0) break;
    if (access(partition.path.c_str(), F_OK) != 0 && errno == ENOENT)
      continue;  // retention was faster
    Result<sqlite::Database> database = sqlite::Database::open_for_reading(partition.path);
    if (!database) return fail(std::move(database.error()));
    Result<std::int64_t> version = database->integer("PRAGMA user_version");
    if (version && *version == 0) continue;  // just being made
    Result<sqlite::Statement> rows = database->prepare(sql);
    if (!rows) return fail(std::move(rows.error()));
    conditions.bind(*rows, limit);
    for (;;) {
      const Result<bool> row = rows->step();
      if (!row) return fail(row.error());
      if (!*row) break;
      const Result<bool> more = visit(*rows, partition);
      if (!more) return fail(more.error());
      if (!*more) return {};
      --limit;
    }
  }
  return {};
}

Result<std::vector<StoredRecord>> SqliteReader::records(const SqlConditions& conditions,
                                                        std::size_t limit) {
  std::vector<StoredRecord> found;
  const Result<void> done = select(
      "seq, json", conditions, limit,
      [&](sqlite::Statement& row, const Partition& partition) -> Result<bool> {
        Result<Record> record = from_json(row.text(1));
        if (!record) {
          return fail(ErrorCode::kParse, fmt::format("record {} in {}: {}", row.integer(0),
                                                     partition.path, record.error().message));
        }
        found.push_back({row.integer(0), std::move(*record)});
        return true;
      });
  if (!done) return fail(done.error());
  return found;
}

Result<std::vector<StoredRecord>> SqliteReader::list(const Filter& filter) {
  return records(SqlConditions(filter), std::min(filter.limit, kMaxRows));
}

Result<void> SqliteReader::each(
    const Filter& filter,
    const std::function<bool(std::int64_t seq, std::string_view json)>& visit) {
  return select("seq, json", SqlConditions(filter), std::numeric_limits<std::int64_t>::max(),
                [&](sqlite::Statement& row, const Partition&) -> Result<bool> {
                  return visit(row.integer(0), row.view(1));
                });
}

Result<void> SqliteReader::each_figures(const Filter& filter,
                                        const std::function<void(const CallFigures&)>& visit) {
  SqlConditions conditions(filter);
  conditions.in_no_order();
  return select(
      "tool, status, duration_ms", conditions, std::numeric_limits<std::int64_t>::max(),
      [&](sqlite::Statement& row, const Partition&) -> Result<bool> {
        visit({.tool = row.view(0), .status = row.view(1), .duration_ms = row.integer(2)});
        return true;
      });
}

Result<StoredRecord> SqliteReader::find(std::string_view id) {
  SqlConditions exact;
  exact.add("tool_call_id = ?", std::string(id));
  Result<std::vector<StoredRecord>> found = records(exact, 1);
  if (found && found->empty()) {
    SqlConditions prefix;
    prefix.add_prefix("tool_call_id", id);
    found = records(prefix, 4);
  }
  if (!found) return fail(std::move(found.error()));
  if (found->empty()) {
    return fail(ErrorCode::kNotFound, fmt::format("no execution log record's id begins with '{}'; "
                                                  "`larkspur log` lists the latest",
                                                  printable(truncate_utf8(id, kMaxFieldBytes))));
  }
  if (found->size() == 1) return std::move(found->front());
  std::string some;
  for (const StoredRecord& one : *found) some += "\n  " + one.record.tool_call_id;
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("several ids begin with '{}'; the newest of them:{}", printable(id), some));
}

Result<std::vector<StoredRecord>> SqliteReader::children(std::string_view id) {
  SqlConditions conditions;
  conditions.add("parent_id = ?", std::string(id));
  Result<std::vector<StoredRecord>> found = records(conditions, kMaxRows);
  if (!found) return found;
  std::ranges::sort(*found, {}, [](const StoredRecord& child) {
    return std::tuple(numbers_of(child.record.place), child.record.start_time, child.seq);
  });
  return found;
}

Result<std::string> SqliteReader::blob(std::string_view digest) {
  Result<std::vector<Partition>> partitions = list_partitions(directory_);
  if (!partitions) return fail(std::move(partitions.error()));
  for (const Partition& partition : std::views::reverse(*partitions)) {
    Result<sqlite::Database> database = sqlite::Database::open_for_reading(partition.path);
    if (!database) return fail(std::move(database.error()));
    Result<sqlite::Statement> row = database->prepare("SELECT bytes FROM blob WHERE digest = ?");
    if (!row) continue;  // just being made, or of a version without blobs
    row->bind(1, digest);
    const Result<bool> found = row->step();
    if (!found) return fail(found.error());
    if (*found) return row->text(0);
  }
  return fail(ErrorCode::kNotFound, fmt::format("the execution log has no content {}",
                                                printable(truncate_utf8(digest, kMaxFieldBytes))));
}

}  // namespace larkspur::execlog
