// The store of one machine: a directory of SQLite partitions (partitions.h), WAL, many records in
// one transaction. A partition is written without secondary indexes; when it is full they are built
// at once and the next one begins, so that the speed does not depend on how much there is already.
// Retention unlinks the oldest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "execlog/partitions.h"
#include "execlog/sqlite.h"
#include "execlog/store.h"

namespace larkspur::execlog {

class SqliteStore : public Store {
 public:
  struct Options {
    std::string directory;
    std::int64_t partition_records = 250'000;
    std::int64_t partition_bytes = 512LL * 1024 * 1024;
    std::size_t max_partitions = 40;  // ten million records
  };

  // kAlreadyExists when somebody else writes there; kIo when it cannot be written.
  static Result<std::unique_ptr<SqliteStore>> open(Options options);

  Result<void> append(const Batch& batch) override;

 private:
  // The partition that is being written.
  struct Hot {
    Partition partition;
    sqlite::Database database;
    sqlite::Statement insert_record, insert_payload, insert_blob;
    std::int64_t next_seq;
    std::int64_t bytes;  // of payloads and blobs, about
  };

  SqliteStore(Options options, DirectoryLock lock)
      : options_(std::move(options)), lock_(std::move(lock)) {}

  Result<void> open_newest();
  Result<void> open_partition(Partition partition);
  Result<void> rotate();
  Result<void> insert(const Batch& batch);
  Error in_context(const Error& error) const;

  const Options options_;
  const DirectoryLock lock_;
  std::unique_ptr<Hot> hot_;  // empty after an error: opened anew by the next append
};

}  // namespace larkspur::execlog
