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

std::string uri_of(const std::string& path, const char* query) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      fmt::format_to(std::back_inserter(uri), "%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + query;
}

// Read-only, beside a writer. Where the directory may not be written, SQLite cannot make the shared
// index that a WAL needs; without a WAL there is nothing that it could miss.
Result<sqlite::Database> open_for_reading(const std::string& path) {
  constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  Result<sqlite::Database> database = sqlite::Database::open(uri_of(path, "?mode=ro"), kFlags);
  if (database && database->integer("SELECT count(*) FROM sqlite_schema")) {
    // The last one to close a WAL database would write it back: that is the writer's business
    // alone.
    sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return database;
  }
  if (access((path + "-wal").c_str(), F_OK) == 0) return database;
  return sqlite::Database::open(uri_of(path, "?mode=ro&immutable=1"), kFlags);
}

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
    Result<sqlite::Database> database = open_for_reading(partition.path);
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

}  // namespace larkspur::execlog
