// The one partition that is being written: its connection, its hash tree and its checkpoints.
// The tree is computed by the thread that writes. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "execlog/proof/entry_hash.h"
#include "execlog/proof/merkle.h"
#include "execlog/store.h"
#include "execlog/store/checkpoint_rows.h"
#include "execlog/store/partitions.h"
#include "execlog/store/sqlite.h"
#include "execlog/store/sqlite_schema.h"
#include "execlog/store/unknown_calls.h"

namespace larkspur::execlog {

class PartitionWriter {
 public:
  // Makes the file where it is missing, brings an older one up to date, and builds the tree from
  // the entries that are there; `known` is the tree of the first of them, where the caller has it.
  // `open_calls` is kept up to date with every entry that is read or committed, and outlives this.
  // `durable`: every commit is forced to the disk, not only every checkpoint.
  static Result<std::unique_ptr<PartitionWriter>> open(const Partition& partition, bool durable,
                                                       OpenCalls& open_calls,
                                                       MerkleTree known = {});

  const Partition& partition() const { return partition_; }
  std::int64_t next_seq() const { return partition_.first_seq + tree_.size(); }
  std::int64_t bytes() const { return bytes_; }  // of payloads and blobs, about
  const MerkleTree& tree() const { return tree_; }
  // When its first call began; 0 without one.
  EpochMs oldest();

  // The last checkpoint of this partition, if it has one.
  const std::optional<Checkpoint>& last() const { return last_; }
  const ChainHead& head() const { return head_; }  // number 0 without one
  // Entries that no checkpoint covers.
  std::int64_t uncovered() const { return tree_.size() - (last_ ? last_->size : 0); }
  // What is wrong with the entries that the last checkpoint covers; "" when they are as they were.
  const std::string& damage() const { return damage_; }

  // One transaction: all of it, or nothing. The second leaves `open_calls` as they are.
  Result<void> append(const Batch& batch);
  Result<void> append(EntryKind kind, const std::vector<std::string_view>& entries);

  // Signs what there is, as the successor of `head`, and forces it to the disk.
  Result<SignedCheckpoint> checkpoint(const SigningKey& key, ChainHead& head,
                                      CheckpointState state);

  // Ends the writing and hands the connection over.
  sqlite::Database release() &&;

 private:
  PartitionWriter(Partition partition, sqlite::Database database, bool durable,
                  OpenCalls& open_calls, MerkleTree known)
      : partition_(std::move(partition)),
        database_(std::move(database)),
        durable_(durable),
        open_calls_(open_calls),
        tree_(std::move(known)) {}

  Result<void> prepare();
  Result<void> read_last_checkpoint();
  Result<void> read_entries();
  Result<void> adopt(const std::vector<std::pair<std::int64_t, Hash>>& leaves);
  void note(std::int64_t kind, std::string_view json, std::string_view id);
  Result<void> add(EntryKind kind, std::string_view json, const Record* record);
  Result<void> commit();

  const Partition partition_;
  sqlite::Database database_;
  const bool durable_;
  OpenCalls& open_calls_;
  std::optional<sqlite::Statement> insert_record_, insert_payload_, insert_blob_,
      insert_checkpoint_;
  EntryHasher hasher_;
  MerkleTree tree_;
  std::vector<Hash> pending_;  // leaves of the transaction that is open
  std::int64_t bytes_ = 0, pending_bytes_ = 0;
  std::optional<Checkpoint> last_;
  ChainHead head_;
  std::string damage_;
};

}  // namespace larkspur::execlog
