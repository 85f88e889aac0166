#include "execlog/store/sqlite_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace larkspur::execlog {

namespace {

// The payload lies apart, so that a scan over the columns touches little.
constexpr const char* kVersion2 = R"sql(
  BEGIN IMMEDIATE;
  CREATE TABLE record (
    seq INTEGER PRIMARY KEY,      -- of its payload
    tool_call_id TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    tool TEXT NOT NULL,
    backend TEXT,                 -- the scope in tool_call_id
    status TEXT NOT NULL,
    parent_id TEXT,
    session_id TEXT,
    principal TEXT,
    trace_id TEXT,
    script_hash TEXT
  );
  CREATE TABLE payload (
    seq INTEGER PRIMARY KEY,      -- without gaps over all partitions, in the order of completion
    kind INTEGER NOT NULL,        -- EntryKind
    json TEXT NOT NULL,
    leaf BLOB NOT NULL            -- of the hash tree; says which entry it was that somebody changed
  );
  CREATE TABLE blob (digest TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL);
  CREATE TABLE checkpoint (number INTEGER PRIMARY KEY, body TEXT NOT NULL, signature BLOB NOT NULL);
  PRAGMA user_version = 2;
  COMMIT;
)sql";

// Version 1 had records only, neither chained nor with blobs. The leaves are filled by whoever
// builds the tree.
constexpr const char* kFrom1To2 = R"sql(
  BEGIN IMMEDIATE;
  ALTER TABLE record ADD COLUMN backend TEXT;
  ALTER TABLE record ADD COLUMN script_hash TEXT;
  ALTER TABLE payload RENAME TO payload_1;
  CREATE TABLE payload (seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, json TEXT NOT NULL,
    leaf BLOB NOT NULL);
  INSERT INTO payload SELECT seq, 0, json, x'' FROM payload_1;
  DROP TABLE payload_1;
  UPDATE record SET (backend, script_hash) =
    (SELECT json_extract(json, '$.api_calls[0].backend'), json_extract(json, '$.script.hash')
     FROM payload WHERE payload.seq = record.seq);
  CREATE TABLE blob (digest TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL);
  CREATE TABLE checkpoint (number INTEGER PRIMARY KEY, body TEXT NOT NULL, signature BLOB NOT NULL);
  PRAGMA user_version = 2;
  COMMIT;
)sql";

constexpr const char* kIndexes = R"sql(
  BEGIN IMMEDIATE;
  CREATE INDEX IF NOT EXISTS record_id ON record (tool_call_id);
  CREATE INDEX IF NOT EXISTS record_start ON record (start_ms);
  CREATE INDEX IF NOT EXISTS record_tool ON record (tool);
  CREATE INDEX IF NOT EXISTS record_backend ON record (backend) WHERE backend IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_trouble ON record (status) WHERE status <> 'success';
  CREATE INDEX IF NOT EXISTS record_slow ON record (duration_ms);
  CREATE INDEX IF NOT EXISTS record_principal ON record (principal) WHERE principal IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_parent ON record (parent_id) WHERE parent_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_session ON record (session_id) WHERE session_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_trace ON record (trace_id) WHERE trace_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_script ON record (script_hash) WHERE script_hash IS NOT NULL;
  COMMIT;
)sql";

sqlite::Cell text_or_null(std::string_view text) {
  if (text.empty()) return std::monostate{};
  return text;
}

// "{tool}_{scope}_{ms}-{suffix}": what is left of the id without its ends.
std::string_view scope_of(const Record& record) {
  std::string_view id = record.tool_call_id;
  const std::size_t end = id.rfind('_');
  const std::size_t begin = std::min<std::size_t>(record.tool_name.size(), 128) + 1;
  if (end == std::string_view::npos || begin >= end) return {};
  const std::string_view scope = id.substr(begin, end - begin);
  return scope == "-" ? std::string_view() : scope;
}

}  // namespace

Result<void> make_schema(sqlite::Database& database) {
  const Result<std::int64_t> version = database.integer("PRAGMA user_version");
  if (!version) return fail(version.error());
  switch (*version) {
    case 0:
      return database.execute(kVersion2);
    case 1:
      return database.execute(kFrom1To2);
    case kSchemaVersion:
      return {};
    default:
      return fail(
          ErrorCode::kUnsupported,
          fmt::format("schema version {}, and this program writes version {}; use a newer larkspur "
                      "or another directory",
                      *version, kSchemaVersion));
  }
}

Result<void> make_indexes(sqlite::Database& database) {
  return database.execute(kIndexes);
}

RecordCells cells_of(const Record& record) {
  return {
      record.tool_call_id,
      record.start_time,
      record.duration_ms.value_or(0),
      record.tool_name,
      text_or_null(scope_of(record)),
      to_string(record.status),
      text_or_null(record.parent_id),
      text_or_null(record.request.session_id),
      text_or_null(record.principal ? std::string_view(record.principal->id) : ""),
      text_or_null(record.trace_id.view()),
      text_or_null(record.script ? std::string_view(record.script->hash) : ""),
  };
}

}  // namespace larkspur::execlog
