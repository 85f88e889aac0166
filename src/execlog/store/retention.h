// How much of the log is kept, and what stands in it in the place of what is not: a tombstone, an
// entry of the log like any other, so it is in the hash tree and a checkpoint signs it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "execlog/proof/merkle.h"
#include "execlog/store/partitions.h"

namespace larkspur::execlog {

// 0 is no limit. Whole partitions go, the oldest first; the newest always stays.
struct Retention {
  std::chrono::milliseconds age{0};  // since the last entry of a partition
  std::int64_t bytes = 0;            // of all partition files
  std::int64_t entries = 0;
};

// What is known of a partition without opening it.
struct PartitionFacts {
  Partition partition;
  std::int64_t entries = 0;
  std::int64_t bytes = 0;
  EpochMs last_change = 0;
};

struct Doomed {
  std::size_t count = 0;    // of the oldest partitions
  std::string_view reason;  // "age", "bytes" or "entries": of the last of them
};
Doomed doomed(const std::vector<PartitionFacts>& oldest_first, const Retention& retention,
              EpochMs now);

// All partitions, the newest last. `next_seq` is where the log ends.
Result<std::vector<PartitionFacts>> facts_of(const std::string& directory, std::int64_t next_seq);

// Stands for one partition that was removed, and says up to where all have been.
struct Tombstone {
  std::int64_t first_seq = 0;       // of the partition
  std::int64_t removed_before = 0;  // every entry with a smaller seq is gone
  std::int64_t checkpoint = 0;      // the last one of the partition
  Hash checkpoint_digest{};         // what the next partition's first checkpoint calls `previous`
  Hash root{};
  std::int64_t bytes = 0;
  EpochMs oldest = 0, newest = 0;  // start of the first and the last call in it; 0 without one
  std::string reason;
  EpochMs time = 0;

  bool operator==(const Tombstone&) const = default;
};
std::string to_json(const Tombstone& tombstone);
Result<Tombstone> parse_tombstone(std::string_view text);

// Reads what a tombstone says from the partition itself. kParse when it has no checkpoint.
Result<Tombstone> tombstone_for(const PartitionFacts& facts, std::string_view reason);

}  // namespace larkspur::execlog
