#include "execlog/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "execlog/json_form.h"
#include "execlog/sqlite_schema.h"

namespace larkspur::execlog {

namespace {

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

Result<void> SqliteStore::append(const Batch& batch) {
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
  if (Result<void> made = make_schema(*database); !made) {
    return fail(made.error().code, partition.path + ": " + made.error().message);
  }
  const Result<std::int64_t> last = database->integer("SELECT max(seq) FROM payload");
  if (!last) return fail(last.error());
  auto insert_record = database->prepare(kInsertRecord);
  if (!insert_record) return fail(std::move(insert_record.error()));
  auto insert_payload = database->prepare(kInsertPayload);
  if (!insert_payload) return fail(std::move(insert_payload.error()));
  auto insert_blob = database->prepare(kInsertBlob);
  if (!insert_blob) return fail(std::move(insert_blob.error()));
  std::error_code ignored;
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(partition.path, ignored));
  const std::int64_t next = std::max(*last + 1, partition.first_seq);
  hot_ = std::make_unique<Hot>(std::move(partition), std::move(*database),
                               std::move(*insert_record), std::move(*insert_payload),
                               std::move(*insert_blob), next, ignored ? 0 : bytes);
  return {};
}

// Seals the hot partition and begins the next; then the oldest go.
Result<void> SqliteStore::rotate() {
  if (Result<void> sealed = make_indexes(hot_->database); !sealed) return sealed;
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

Result<void> SqliteStore::insert(const Batch& batch) {
  if (Result<void> begun = hot_->database.execute("BEGIN IMMEDIATE"); !begun) return begun;
  std::int64_t seq = hot_->next_seq;
  std::int64_t bytes = 0;
  for (const Blob* const blob : batch.blobs) {
    hot_->insert_blob.bind(1, blob->digest);
    hot_->insert_blob.bind_blob(2, blob->bytes);
    if (Result<void> written = hot_->insert_blob.run(); !written) return written;
    bytes += static_cast<std::int64_t>(blob->bytes.size());
  }
  for (Record* const record : batch.records) {
    const std::string json = to_bounded_json(*record);
    hot_->insert_payload.bind(1, seq);
    hot_->insert_payload.bind(2, static_cast<std::int64_t>(EntryKind::kRecord));
    hot_->insert_payload.bind(3, json);
    if (Result<void> written = hot_->insert_payload.run(); !written) return written;
    hot_->insert_record.bind(1, seq);
    int column = 1;
    for (const sqlite::Cell& cell : cells_of(*record))
      hot_->insert_record.bind_cell(++column, cell);
    if (Result<void> written = hot_->insert_record.run(); !written) return written;
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
