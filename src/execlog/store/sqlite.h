// The little of SQLite that the log needs, as RAII. One thread at a time per Database.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace larkspur::execlog::sqlite {

class Database;

// A value of a column: null, an integer, or a text that lives elsewhere.
using Cell = std::variant<std::monostate, std::int64_t, std::string_view>;

// A prepared statement. Texts that are bound must live until the next reset().
class Statement {
 public:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  void bind_cell(int index, const Cell& cell);
  void bind_blob(int index, std::string_view bytes);
  void bind_blob(int index, std::span<const unsigned char> bytes);

  // True while there is a row. kIo with SQLite's words when it fails.
  Result<bool> step();
  // For statements without rows: step, then ready for the next binding.
  Result<void> run();
  void reset();

  int columns() const;
  std::int64_t integer(int column) const;
  // A view ends with the next step() or reset().
  std::string_view view(int column) const;
  bool is_text(int column) const;
  bool is_integer(int column) const;
  bool is_blob(int column) const;
  // Nothing for the types that the log never writes into a column: REAL and BLOB.
  std::optional<Cell> cell(int column) const;
  std::string text(int column) const;  // of a blob: its bytes

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  // `flags` of sqlite3_open_v2; waits up to two seconds for a lock. The path may be a file: URI.
  static Result<Database> open(const std::string& path, int flags);
  // Read-only, beside a process that writes; never writes a WAL back, that is the writer's
  // business.
  static Result<Database> open_for_reading(const std::string& path);

  Result<void> execute(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  // The first column of the first row as an integer; 0 without a row.
  Result<std::int64_t> integer(std::string_view sql);
  sqlite3* handle() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  explicit Database(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace larkspur::execlog::sqlite
