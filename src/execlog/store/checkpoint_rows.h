// Checkpoints as they lie in a partition's table.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "execlog/proof/checkpoint.h"
#include "execlog/store/partitions.h"
#include "execlog/store/sqlite.h"

namespace larkspur::execlog {

// A row of `checkpoint`, whatever somebody may have made of it; read with kSelectCheckpoints. Views
// end with the row.
struct CheckpointRow {
  explicit CheckpointRow(const sqlite::Statement& row);

  // kParse when the row is not as it was written; kDenied when its signature does not fit its body
  // and its key.
  Result<Checkpoint> read() const;
  Hash digest() const { return digest_of(body, signature); }

  std::int64_t number;
  std::string_view body;
  Signature signature{};
  bool is_whole;  // of the types and the size that are written
};

// The end of the chain of checkpoints.
struct ChainHead {
  std::int64_t number = 0;  // 0: there is none yet
  Hash digest{};
};

// As far as a partition has it.
Result<ChainHead> chain_head_of(const Partition& partition);

}  // namespace larkspur::execlog
