// The tables of a partition, their versions, and how a record fills its columns.
// docs/formats/execution-log.md describes them for readers in other languages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "execlog/record.h"
#include "execlog/store/sqlite.h"

namespace larkspur::execlog {

inline constexpr std::int64_t kSchemaVersion = 2;

// What a row of `payload` is.
enum class EntryKind : std::int64_t { kRecord = 0, kIntent = 1, kTombstone = 2 };

// The tool of the record that stands for calls without a record.
inline constexpr std::string_view kGapTool = "execution_log_gap";

// Makes the tables in an empty database, or brings those of an earlier version up to this one.
// kUnsupported when the file comes from a newer program.
Result<void> make_schema(sqlite::Database& database);

// The secondary indexes: built once, when a partition is sealed.
Result<void> make_indexes(sqlite::Database& database);

// The columns of `record`, in the table's order, without seq. They point into `record`.
inline constexpr std::size_t kRecordColumns = 11;
using RecordCells = std::array<sqlite::Cell, kRecordColumns>;
RecordCells cells_of(const Record& record);

inline constexpr const char* kInsertRecord =
    "INSERT INTO record (seq, tool_call_id, start_ms, duration_ms, tool, backend, status, "
    "parent_id, session_id, principal, trace_id, script_hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)";
inline constexpr const char* kInsertPayload =
    "INSERT INTO payload (seq, kind, json, leaf) VALUES (?,?,?,?)";
inline constexpr const char* kInsertBlob =
    "INSERT OR IGNORE INTO blob (digest, bytes) VALUES (?,?)";
inline constexpr const char* kInsertCheckpoint =
    "INSERT INTO checkpoint (number, body, signature) VALUES (?,?,?)";
inline constexpr const char* kCountIndexes =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
inline constexpr const char* kSelectLastCheckpoint =
    "SELECT number, body, signature FROM checkpoint ORDER BY number DESC LIMIT 1";
inline constexpr const char* kSelectCheckpoints =
    "SELECT number, body, signature FROM checkpoint ORDER BY number";

}  // namespace larkspur::execlog
