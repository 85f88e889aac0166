// A signed statement about a partition: so many entries, this root, after that earlier checkpoint.
// Checkpoints form one chain over all partitions. docs/formats/execution-log.md has the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "execlog/proof/signing_key.h"

namespace larkspur::execlog {

enum class CheckpointState : unsigned char {
  kOpen,       // the partition goes on
  kRecovered,  // what came after the checkpoint before was found at a start, and taken over as it
               // was
  kSealed,     // the last one of its partition
  kClosed,     // the writer stopped in order
};
std::string_view to_string(CheckpointState state);

struct Checkpoint {
  std::int64_t number = 1;     // 1, 2, 3, … over all partitions
  std::int64_t partition = 1;  // the seq of its first entry
  std::int64_t size = 0;       // entries of the partition that `root` is about
  Hash root{};
  EpochMs time = 0;
  CheckpointState state = CheckpointState::kOpen;
  Hash previous{};  // digest_of() the checkpoint before; zeros for the first one
  PublicKey key{};

  bool operator==(const Checkpoint&) const = default;
};

// The bytes that are signed.
std::string to_text(const Checkpoint& checkpoint);
// Only what to_text() writes. The error names the line.
Result<Checkpoint> parse_checkpoint(std::string_view text);

// What the next checkpoint calls `previous`.
Hash digest_of(std::string_view body, const Signature& signature);

// A checkpoint as it stands in a file of its own ("head"): its text and a line with its signature.
struct SignedCheckpoint {
  std::string body;
  Signature signature{};
};
std::string to_text(const SignedCheckpoint& checkpoint);
Result<SignedCheckpoint> parse_signed_checkpoint(std::string_view text);

}  // namespace larkspur::execlog
