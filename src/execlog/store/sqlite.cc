#include "execlog/store/sqlite.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iterator>

namespace larkspur::execlog::sqlite {

namespace {

std::unexpected<Error> failure(sqlite3* database) {
  return fail(ErrorCode::kIo, fmt::format("SQLite: {} (code {})", sqlite3_errmsg(database),
                                          sqlite3_extended_errcode(database)));
}

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

}  // namespace

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}

void Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

void Statement::bind_cell(int index, const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    bind(index, *number);
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    bind(index, *text);
  } else {
    sqlite3_bind_null(statement_.get(), index);
  }
}

void Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

void Statement::bind_blob(int index, std::span<const unsigned char> bytes) {
  sqlite3_bind_blob64(statement_.get(), index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return failure(sqlite3_db_handle(statement_.get()));
  }
}

Result<void> Statement::run() {
  const Result<bool> done = step();
  reset();
  if (!done) return fail(done.error());
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

int Statement::columns() const {
  return sqlite3_column_count(statement_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::view(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(size));
}

bool Statement::is_text(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_TEXT;
}

bool Statement::is_integer(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER;
}

bool Statement::is_blob(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB;
}

std::optional<Cell> Statement::cell(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_NULL:
      return std::monostate{};
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_TEXT:
      return view(column);
    default:
      return std::nullopt;
  }
}

std::string Statement::text(int column) const {
  return std::string(view(column));
}

Result<Database> Database::open(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return failure(handle);
  sqlite3_busy_timeout(handle, 2000);
  return database;
}

Result<Database> Database::open_for_reading(const std::string& path) {
  constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  Result<Database> database = open(uri_of(path, "?mode=ro"), kFlags);
  if (database && database->integer("SELECT count(*) FROM sqlite_schema")) {
    // The last one to close a WAL database would write it back.
    sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return database;
  }
  // Where the directory may not be written, SQLite cannot make the shared index that a WAL needs;
  // without a WAL there is nothing that it could miss.
  if (access((path + "-wal").c_str(), F_OK) == 0) return database;
  return open(uri_of(path, "?mode=ro&immutable=1"), kFlags);
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(handle());
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
      SQLITE_OK) {
    return failure(handle());
  }
  return Statement(statement);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return fail(statement.error());
  const Result<bool> row = statement->step();
  if (!row) return fail(row.error());
  return *row ? statement->integer(0) : 0;
}

}  // namespace larkspur::execlog::sqlite
