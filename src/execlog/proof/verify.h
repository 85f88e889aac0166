// Proves that a log is what its writer wrote: every entry is hashed anew and held against the
// signed checkpoints, and these against each other (docs/formats/execution-log.md). Reads only;
// works beside a gateway that writes.
//
// What it cannot see: entries after the last checkpoint (at most about a second's) that somebody
// with the files changed; and a log that was cut back to an earlier checkpoint together with its
// file "head", unless a copy of a later head is at hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "execlog/store/checkpoint_rows.h"

namespace larkspur::execlog {

struct VerifyOptions {
  std::vector<PublicKey> trusted;       // empty: those in the directory's "public-keys"
  std::vector<SignedCheckpoint> heads;  // heads that were copied earlier; the log must have them
  bool deep = false;                    // SQLite's own check of every page and index, too
};

// Something that is not as it was written.
struct Damage {
  std::string file;
  std::int64_t seq = 0;       // the entry, or the first that may be meant; 0: none in particular
  std::int64_t last_seq = 0;  // the last that may be meant; 0: only `seq`
  std::string what;
};
inline constexpr std::size_t kMaxDamages = 100;  // more are counted, not kept

struct VerifyReport {
  std::int64_t partitions = 0, checkpoints = 0, blobs = 0;
  std::int64_t missing = 0;  // contents that records name and that are gone; the proof holds
  std::int64_t entries = 0, records = 0, intents = 0, tombstones = 0;
  std::int64_t proven = 0;          // entries that a good checkpoint covers
  std::int64_t in_doubt = 0;        // entries after the last checkpoint: not yet signed, or never
  std::int64_t recovered = 0;       // proven entries that were signed only after an unclean stop
  std::int64_t gaps = 0, lost = 0;  // gap records, and the calls that they say have no record
  std::int64_t unknown = 0;         // records of calls whose gateway stopped under them
  std::int64_t under_way = 0;       // intents without a record
  std::int64_t removed_before = 1;  // retention removed the entries before this one
  bool closed = false;              // the writer stopped in order, with everything signed
  ChainHead head;
  std::int64_t damage_count = 0;
  std::vector<Damage> damages;
};

// kNotFound without a log; kIo and kInvalidArgument where it cannot be told: an unreadable file, no
// keys. A damaged log is a report.
Result<VerifyReport> verify(const std::string& directory, const VerifyOptions& options);

}  // namespace larkspur::execlog
