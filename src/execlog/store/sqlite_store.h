// The store of one machine: a directory of SQLite partitions (partitions.h), WAL, many records in
// one transaction. A partition is written without secondary indexes; when it is full it is sealed
// with a last checkpoint and the next one begins, while another thread builds its indexes: so the
// speed does not depend on how much there is already. Retention unlinks the oldest.
//
// Every entry is a leaf of its partition's hash tree, and checkpoints signed by the log's key form
// one chain over all partitions (checkpoint.h); verify.h checks them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "execlog/proof/signing_key.h"
#include "execlog/store.h"
#include "execlog/store/partition_writer.h"
#include "execlog/store/partitions.h"
#include "execlog/store/retention.h"
#include "execlog/store/sealer.h"
#include "execlog/store/unknown_calls.h"

namespace larkspur::execlog {

class SqliteStore : public Store {
 public:
  struct Options {
    std::string directory;
    std::string signing_key;  // PEM file, made where it is missing; "": in the directory
    bool durable = false;     // every commit is forced to the disk
    std::int64_t partition_records = 250'000;
    std::int64_t partition_bytes = 512LL * 1024 * 1024;
    Retention retention;
    // Told what an operator should know and no error says: a damaged partition, calls whose end is
    // unknown, what retention removed. By the thread that opens or appends.
    std::function<void(std::string_view)> on_notice;
  };

  // Brings partitions of earlier versions up to date, and writes a record of status unknown for
  // every call that was under way when the last writer died. kAlreadyExists when somebody else
  // writes there; kIo when it cannot be written.
  static Result<std::unique_ptr<SqliteStore>> open(Options options);
  // Signs the end of what was written, so that a reader can tell it from an unclean stop.
  ~SqliteStore() override;

  Result<void> append(const Batch& batch) override;
  Result<void> tend() override;

 private:
  // An append that failed: SQLite may have committed it all the same.
  struct Doubt {
    std::int64_t next_seq;
    std::string last_id;
  };

  SqliteStore(Options options, DirectoryLock lock, SigningKey key)
      : options_(std::move(options)), lock_(std::move(lock)), key_(std::move(key)) {}

  Result<void> take_over();
  Result<void> finish_older(const Partition& partition);
  Result<void> write_unknown();
  Result<void> open_newest();
  Result<void> open_partition(const Partition& partition);
  Result<void> rotate();
  bool is_full() const;
  bool is_old();
  Result<void> checkpoint(CheckpointState state);
  Result<void> let_go();
  Result<void> lose(const Error& error);
  void notice(std::string_view text) const;
  Error in_context(const Error& error) const;

  const Options options_;
  const DirectoryLock lock_;
  const SigningKey key_;
  ChainHead head_;
  OpenCalls open_calls_;
  std::unique_ptr<PartitionWriter> hot_;  // empty after an error: opened anew by the next append
  // What was known of the hot partition when it was lost.
  Partition lost_;
  MerkleTree lost_tree_;
  std::optional<Doubt> doubt_;
  std::chrono::steady_clock::time_point last_look_;  // of retention
  Sealer sealer_;
};

}  // namespace larkspur::execlog
