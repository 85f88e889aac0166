#include "execlog/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "execlog/json_form.h"

namespace larkspur::execlog {

namespace {

constexpr std::int64_t kSchemaVersion = 1;

// The payload lies apart, so that a scan over the columns touches little.
constexpr const char* kSchema = R"sql(
  BEGIN IMMEDIATE;
  CREATE TABLE record (
    seq INTEGER PRIMARY KEY,      -- without gaps over all partitions, in the order of completion
    tool_call_id TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    tool TEXT NOT NULL,
    status TEXT NOT NULL,
    parent_id TEXT,
    session_id TEXT,
    principal TEXT,
    trace_id TEXT
  );
  CREATE TABLE payload (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
  PRAGMA user_version = 1;
  COMMIT;
)sql";

constexpr const char* kIndexes = R"sql(
  BEGIN IMMEDIATE;
  CREATE INDEX IF NOT EXISTS record_id ON record (tool_call_id);
  CREATE INDEX IF NOT EXISTS record_start ON record (start_ms);
  CREATE INDEX IF NOT EXISTS record_tool ON record (tool);
  CREATE INDEX IF NOT EXISTS record_trouble ON record (status) WHERE status <> 'success';
  CREATE INDEX IF NOT EXISTS record_parent ON record (parent_id) WHERE parent_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_session ON record (session_id) WHERE session_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_trace ON record (trace_id) WHERE trace_id IS NOT NULL;
  COMMIT;
  PRAGMA wal_checkpoint(TRUNCATE);
)sql";

// NORMAL: a commit survives a crash of the process; a power cut may cost the last ones.
constexpr const char* kPragmas = R"sql(
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA secure_delete = OFF;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -16384;
  PRAGMA wal_autocheckpoint = 4000;
)sql";

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Options options) {
  Result<DirectoryLock> lock = DirectoryLock::take(options.directory);
  if (!lock) return fail(std::move(lock.error()));
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(options), std::move(*lock)));
  if (const Result<void> opened = store->open_newest(); !opened) {
    return fail(store->in_context(opened.error()));
  }
  return store;
}

Result<void> SqliteStore::append(std::span<Record* const> batch) {
  Result<void> done = hot_ ? Result<void>() : open_newest();
  if (done && (hot_->next_seq - hot_->partition.first_seq >= options_.partition_records ||
               hot_->bytes >= options_.partition_bytes)) {
    done = rotate();
  }
  if (done) done = insert(batch);
  if (done) return {};
  // After an I/O error nothing that the connection believes can be trusted: closing it rolls back,
  // and the next attempt reads anew what is really there.
  hot_.reset();
  return fail(in_context(done.error()));
}

Result<void> SqliteStore::open_newest() {
  Result<std::vector<Partition>> partitions = list_partitions(options_.directory);
  if (!partitions) return fail(std::move(partitions.error()));
  if (!partitions->empty()) return open_partition(std::move(partitions->back()));
  return open_partition({partition_path(options_.directory, 1), 1});
}

Result<void> SqliteStore::open_partition(Partition partition) {
  if (Result<void> made = create_private_file(partition.path); !made) return made;
  Result<sqlite::Database> database =
      sqlite::Database::open(partition.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) return fail(std::move(database.error()));
  if (Result<void> set = database->execute(kPragmas); !set) return set;
  const Result<std::int64_t> version = database->integer("PRAGMA user_version");
  if (!version) return fail(version.error());
  if (*version == 0) {
    if (Result<void> made = database->execute(kSchema); !made) return made;
  } else if (*version != kSchemaVersion) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("{} has schema version {}, and this program writes version {}; use a newer "
                    "larkspur or another directory",
                    partition.path, *version, kSchemaVersion));
  }
  const Result<std::int64_t> last = database->integer("SELECT max(seq) FROM record");
  if (!last) return fail(last.error());
  auto insert_record = database->prepare(
      "INSERT INTO record (seq, tool_call_id, start_ms, duration_ms, tool, status, parent_id, "
      "session_id, principal, trace_id) VALUES (?,?,?,?,?,?,?,?,?,?)");
  if (!insert_record) return fail(std::move(insert_record.error()));
  auto insert_payload = database->prepare("INSERT INTO payload (seq, json) VALUES (?,?)");
  if (!insert_payload) return fail(std::move(insert_payload.error()));
  std::error_code ignored;
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(partition.path, ignored));
  const std::int64_t next = std::max(*last + 1, partition.first_seq);
  hot_ =
      std::make_unique<Hot>(std::move(partition), std::move(*database), std::move(*insert_record),
                            std::move(*insert_payload), next, ignored ? 0 : bytes);
  return {};
}

// Seals the hot partition and begins the next; then the oldest go.
Result<void> SqliteStore::rotate() {
  if (Result<void> sealed = hot_->database.execute(kIndexes); !sealed) return sealed;
  const std::int64_t next = hot_->next_seq;
  hot_.reset();
  if (Result<void> opened = open_partition({partition_path(options_.directory, next), next});
      !opened) {
    return opened;
  }
  Result<std::vector<Partition>> partitions = list_partitions(options_.directory);
  if (!partitions) return fail(std::move(partitions.error()));
  for (std::size_t i = 0; i + options_.max_partitions < partitions->size(); ++i) {
    remove_partition((*partitions)[i]);
  }
  return {};
}

Result<void> SqliteStore::insert(std::span<Record* const> batch) {
  if (Result<void> begun = hot_->database.execute("BEGIN IMMEDIATE"); !begun) return begun;
  std::int64_t seq = hot_->next_seq;
  std::int64_t bytes = 0;
  for (Record* const record : batch) {
    const std::string json = to_bounded_json(*record);
    sqlite::Statement& row = hot_->insert_record;
    row.bind(1, seq);
    row.bind(2, record->tool_call_id);
    row.bind(3, record->start_time);
    row.bind(4, record->duration_ms.value_or(0));
    row.bind(5, record->tool_name);
    row.bind(6, to_string(record->status));
    row.bind_or_null(7, record->parent_id);
    row.bind_or_null(8, record->request.session_id);
    row.bind_or_null(9, record->principal ? std::string_view(record->principal->id) : "");
    row.bind_or_null(10, record->trace_id.view());
    if (Result<void> written = row.run(); !written) return written;
    hot_->insert_payload.bind(1, seq);
    hot_->insert_payload.bind(2, json);
    if (Result<void> written = hot_->insert_payload.run(); !written) return written;
    ++seq;
    bytes += static_cast<std::int64_t>(json.size());
  }
  if (Result<void> committed = hot_->database.execute("COMMIT"); !committed) return committed;
  hot_->next_seq = seq;
  hot_->bytes += bytes;
  return {};
}

Error SqliteStore::in_context(const Error& error) const {
  if (error.code != ErrorCode::kIo || error.message.contains(options_.directory)) return error;
  return {
      error.code,
      fmt::format("the execution log in {} cannot be written: {}. Check the disk's free space and "
                  "the directory's permissions",
                  options_.directory, error.message)};
}

}  // namespace larkspur::execlog
