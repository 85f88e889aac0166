#include "execlog/sqlite_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <ranges>
#include <tuple>
#include <variant>

#include "base/text.h"
#include "execlog/json_form.h"

namespace larkspur::execlog {

// The WHERE of a question, and the values of its question marks.
struct SqliteReader::Conditions {
  std::string sql = "1";
  std::vector<std::variant<std::int64_t, std::string>> values;

  void add(std::string_view condition, std::variant<std::int64_t, std::string> value) {
    fmt::format_to(std::back_inserter(sql), " AND {}", condition);
    values.push_back(std::move(value));
  }
  void add_id_prefix(std::string_view prefix) {
    add("tool_call_id >= ?", std::string(prefix));
    add("tool_call_id < ?", std::string(prefix) + '~');  // '~' comes after every character of an id
  }
};

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

Result<std::vector<StoredRecord>> SqliteReader::select(const Conditions& conditions,
                                                       std::size_t limit) {
  Result<std::vector<Partition>> partitions = list_partitions(directory_);
  if (!partitions) return fail(std::move(partitions.error()));
  const std::string sql = fmt::format(
      "SELECT seq, json FROM record JOIN payload USING (seq) WHERE {} ORDER BY seq DESC LIMIT ?",
      conditions.sql);
  std::vector<StoredRecord> found;
  for (const Partition& partition : std::views::reverse(*partitions)) {
    if (found.size() >= limit) break;
    if (access(partition.path.c_str(), F_OK) != 0 && errno == ENOENT)
      continue;  // retention was faster
    Result<sqlite::Database> database = sqlite::Database::open_for_reading(partition.path);
    if (!database) return fail(std::move(database.error()));
    Result<std::int64_t> version = database->integer("PRAGMA user_version");
    if (version && *version == 0) continue;  // just being made
    Result<sqlite::Statement> rows = database->prepare(sql);
    if (!rows) return fail(std::move(rows.error()));
    int index = 0;
    for (const auto& value : conditions.values) {
      std::visit([&](const auto& v) { rows->bind(++index, v); }, value);
    }
    rows->bind(++index, static_cast<std::int64_t>(limit - found.size()));
    for (;;) {
      const Result<bool> row = rows->step();
      if (!row) return fail(row.error());
      if (!*row) break;
      Result<Record> record = from_json(rows->text(1));
      if (!record) {
        return fail(ErrorCode::kParse, fmt::format("record {} in {}: {}", rows->integer(0),
                                                   partition.path, record.error().message));
      }
      found.push_back({rows->integer(0), std::move(*record)});
    }
  }
  return found;
}

Result<std::vector<StoredRecord>> SqliteReader::list(const Filter& filter) {
  Conditions conditions;
  if (filter.top_level_only) conditions.sql += " AND parent_id IS NULL";
  if (!filter.tool.empty()) conditions.add("tool = ?", filter.tool);
  if (filter.status) conditions.add("status = ?", std::string(to_string(*filter.status)));
  // Said aloud, or SQLite does not see that the index of what is no success will do.
  if (filter.status && *filter.status != Status::kSuccess)
    conditions.sql += " AND status <> 'success'";
  if (filter.since) conditions.add("start_ms >= ?", *filter.since);
  if (!filter.id_prefix.empty()) conditions.add_id_prefix(filter.id_prefix);
  return select(conditions, std::min(filter.limit, kMaxRows));
}

Result<StoredRecord> SqliteReader::find(std::string_view id) {
  Conditions exact;
  exact.add("tool_call_id = ?", std::string(id));
  Result<std::vector<StoredRecord>> found = select(exact, 1);
  if (found && found->empty()) {
    Conditions prefix;
    prefix.add_id_prefix(id);
    found = select(prefix, 4);
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
  Conditions conditions;
  conditions.add("parent_id = ?", std::string(id));
  Result<std::vector<StoredRecord>> found = select(conditions, kMaxRows);
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
