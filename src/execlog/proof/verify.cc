#include "execlog/proof/verify.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/random.h"
#include "execlog/form/json_form.h"
#include "execlog/store/entry_rows.h"
#include "execlog/store/log_files.h"
#include "execlog/store/partitions.h"
#include "execlog/store/retention.h"
#include "execlog/store/sqlite_schema.h"

namespace larkspur::execlog {

namespace {

// How many calls a gap record says were lost.
std::int64_t lost_in(std::string_view json) {
  const Result<Record> record = from_json(std::string(json));
  if (!record || !record->metadata) return 0;
  for (const auto& [name, value] : record->metadata->further) {
    if (const auto* count = std::get_if<std::int64_t>(&value); name == "records_lost" && count) {
      return *count;
    }
  }
  return 0;
}

// The contents that an entry names: in its JSON, a quote that ends a key is never escaped.
void add_named(std::string_view json, std::set<std::string, std::less<>>& digests) {
  constexpr std::string_view kNames = R"(blob":"sha256:)";
  constexpr std::size_t kDigest = 7 + 64;
  for (std::size_t at = json.find(kNames); at != std::string_view::npos;
       at = json.find(kNames, at + kNames.size())) {
    digests.emplace(json.substr(at + kNames.size() - 7, kDigest));
  }
}

class Verifier {
 public:
  Verifier(std::string directory, const VerifyOptions& options)
      : directory_(std::move(directory)), options_(options) {}

  Result<VerifyReport> run();

 private:
  Result<void> read_keys_and_heads();
  Result<void> check_partition(const Partition& partition, bool newest);
  Result<void> check_rows(sqlite::Database& database, bool newest);
  void check_entry(EntryRows& row, MerkleTree& tree);
  void count(const EntryRows& row);
  void check_checkpoint(const CheckpointRow& row, const MerkleTree& tree);
  void check_link(const CheckpointRow& row, const Checkpoint& checkpoint);
  Result<void> check_blobs(sqlite::Database& database);
  void check_beginning();
  void check_heads();
  void damage(std::string what, std::int64_t seq = 0, std::int64_t last_seq = 0);

  const std::string directory_;
  const VerifyOptions& options_;
  VerifyReport report_;
  std::vector<PublicKey> keys_;
  std::vector<SignedCheckpoint> heads_;

  std::string file_;  // under examination
  std::int64_t first_seq_ = 0;
  std::int64_t covered_ = 0;  // of its entries, by a checkpoint that fits
  std::optional<Checkpoint> last_;
  bool begun_ = false;  // a checkpoint has been seen
  Hash first_previous_{};
  std::int64_t first_number_ = 0;
  std::map<std::int64_t, Hash> digests_;  // of the checkpoints that a head names
  std::map<std::int64_t, Tombstone> tombstones_;
  std::set<std::string, std::less<>> under_way_;
  std::set<std::string, std::less<>> named_;  // contents of the partition
};

Result<VerifyReport> Verifier::run() {
  // Before the partitions: a log that grows meanwhile is ahead of its head, never behind.
  if (Result<void> read = read_keys_and_heads(); !read) return fail(read.error());
  Result<std::vector<Partition>> partitions = list_partitions(directory_);
  if (!partitions) return fail(std::move(partitions.error()));
  if (partitions->empty()) {
    return fail(ErrorCode::kNotFound, "there is no execution log in " + directory_);
  }
  report_.removed_before = partitions->front().first_seq;
  std::int64_t next = partitions->front().first_seq;
  for (const Partition& each : *partitions) {
    file_ = each.path;
    if (each.first_seq != next) {
      damage(fmt::format("the file before it ends with entry {}", next - 1), each.first_seq);
    }
    const std::int64_t before = report_.entries;
    const Result<void> checked = check_partition(each, &each == &partitions->back());
    if (!checked) return fail(checked.error());
    next = each.first_seq + report_.entries - before;
  }
  check_beginning();
  check_heads();
  report_.under_way = static_cast<std::int64_t>(under_way_.size());
  report_.closed = last_ && last_->state == CheckpointState::kClosed && report_.in_doubt == 0;
  return std::move(report_);
}

Result<void> Verifier::read_keys_and_heads() {
  keys_ = options_.trusted;
  if (keys_.empty()) {
    Result<std::vector<PublicKey>> keys = read_public_keys(public_keys_path(directory_));
    if (!keys) {
      return fail(keys.error().code == ErrorCode::kNotFound ? ErrorCode::kInvalidArgument
                                                            : keys.error().code,
                  keys.error().message + ". Name the log's public key with --key");
    }
    keys_ = std::move(*keys);
  }
  heads_ = options_.heads;
  if (const Result<std::string> text = read_small_file(head_path(directory_))) {
    Result<SignedCheckpoint> head = parse_signed_checkpoint(*text);
    file_ = head_path(directory_);
    if (head) {
      heads_.push_back(std::move(*head));
    } else {
      damage(head.error().message);
    }
  } else if (text.error().code != ErrorCode::kNotFound) {
    return fail(text.error());
  }
  for (const SignedCheckpoint& head : heads_) {
    if (const auto named = parse_checkpoint(head.body)) digests_[named->number] = {};
  }
  return {};
}

Result<void> Verifier::check_partition(const Partition& partition, bool newest) {
  ++report_.partitions;
  first_seq_ = partition.first_seq;
  covered_ = 0;
  Result<sqlite::Database> database = sqlite::Database::open_for_reading(partition.path);
  if (!database) {
    if (access(partition.path.c_str(), R_OK) != 0) return fail(std::move(database.error()));
    damage(database.error().message, partition.first_seq);
    return {};
  }
  Result<void> done = database->execute("BEGIN");  // one state of the file for all questions
  // A file that was just being made, or whose maker died over it.
  if (done && newest && database->integer("PRAGMA user_version").value_or(1) == 0) return {};
  if (done && options_.deep) {
    Result<sqlite::Statement> check = database->prepare("PRAGMA integrity_check(1)");
    if (check && check->step().value_or(false) && check->view(0) != "ok") {
      damage(fmt::format("SQLite finds: {}", check->view(0)));
    }
  }
  if (done) done = check_rows(*database, newest);
  if (done) done = check_blobs(*database);
  // SQLite could not read on: what it stumbled over is not what was written.
  if (!done) {
    if (!std::filesystem::exists(partition.path)) return fail(done.error());
    damage(done.error().message, partition.first_seq + covered_);
  }
  return {};
}

// Entries and checkpoints side by side: a checkpoint's turn is when the tree has its size.
Result<void> Verifier::check_rows(sqlite::Database& database, bool newest) {
  Result<EntryRows> rows = EntryRows::select(database, INT64_MIN);
  if (!rows) return fail(std::move(rows.error()));
  Result<sqlite::Statement> checkpoints = database.prepare(kSelectCheckpoints);
  if (!checkpoints) return fail(std::move(checkpoints.error()));
  MerkleTree tree;
  const std::int64_t records_before = report_.records;
  Result<bool> has_checkpoint = checkpoints->step();
  for (;;) {
    while (has_checkpoint && *has_checkpoint) {
      const CheckpointRow row(*checkpoints);
      const Result<Checkpoint> checkpoint = parse_checkpoint(row.body);
      if (checkpoint && checkpoint->size > tree.size()) break;
      check_checkpoint(row, tree);
      has_checkpoint = checkpoints->step();
    }
    if (!has_checkpoint) return fail(has_checkpoint.error());
    const Result<bool> has_entry = rows->next();
    if (!has_entry) return fail(has_entry.error());
    if (!*has_entry) break;
    check_entry(*rows, tree);
  }
  for (; has_checkpoint && *has_checkpoint; has_checkpoint = checkpoints->step()) {
    check_checkpoint(CheckpointRow(*checkpoints), tree);
  }
  const std::int64_t tail = tree.size() - covered_;
  report_.proven += covered_;
  report_.in_doubt += tail;
  if (!newest && tail > 0) {
    damage(
        fmt::format("{} entries at its end are covered by no checkpoint, though the log goes on in "
                    "another file",
                    tail),
        first_seq_ + covered_, first_seq_ + tree.size() - 1);
  }
  const Result<std::int64_t> stored = database.integer("SELECT count(*) FROM record");
  if (!stored) return fail(stored.error());
  if (*stored != report_.records - records_before) {
    damage(fmt::format("there are {} rows in `record` for {} entries that are records", *stored,
                       report_.records - records_before));
  }
  return {};
}

void Verifier::check_entry(EntryRows& row, MerkleTree& tree) {
  const std::int64_t expected = first_seq_ + tree.size();
  const Hash leaf = row.leaf();
  if (row.seq() != expected) {
    damage(fmt::format("entry {} stands where {} should be", row.seq(), expected), row.seq());
  } else if (!row.is_stored_leaf(leaf)) {
    const std::string_view id = row.tool_call_id().empty() ? id_in(row.json()) : row.tool_call_id();
    damage(fmt::format("the entry ({}) is not what was written", id), row.seq());
  }
  tree.add(leaf);
  ++report_.entries;
  count(row);
}

void Verifier::count(const EntryRows& row) {
  switch (static_cast<EntryKind>(row.kind())) {
    case EntryKind::kRecord:
      ++report_.records;
      add_named(row.json(), named_);
      if (row.status() == "unknown") ++report_.unknown;
      if (row.tool() == kGapTool) {
        ++report_.gaps;
        report_.lost += lost_in(row.json());
      }
      if (const auto begun = under_way_.find(row.tool_call_id()); begun != under_way_.end()) {
        under_way_.erase(begun);
      }
      return;
    case EntryKind::kIntent:
      ++report_.intents;
      under_way_.emplace(id_in(row.json()));
      return;
    case EntryKind::kTombstone:
      ++report_.tombstones;
      if (Result<Tombstone> tombstone = parse_tombstone(row.json())) {
        tombstones_[tombstone->removed_before] = std::move(*tombstone);
      }
      return;
  }
  damage(fmt::format("an entry of kind {}, which the log never writes", row.kind()), row.seq());
}

void Verifier::check_checkpoint(const CheckpointRow& row, const MerkleTree& tree) {
  ++report_.checkpoints;
  const Result<Checkpoint> checkpoint = row.read();
  const std::int64_t first_uncovered = first_seq_ + covered_;
  if (!checkpoint) {
    damage(fmt::format("checkpoint {}: {}", row.number, checkpoint.error().message));
  } else {
    check_link(row, *checkpoint);
    if (checkpoint->partition != first_seq_) {
      damage(fmt::format("checkpoint {} is of the file that begins with entry {}", row.number,
                         checkpoint->partition));
    } else if (checkpoint->size > tree.size()) {
      damage(fmt::format("checkpoint {} covers {} entries, and there are {}", row.number,
                         checkpoint->size, tree.size()),
             first_seq_ + tree.size(), first_seq_ + checkpoint->size - 1);
    } else if (checkpoint->size < tree.size()) {
      damage(fmt::format("checkpoint {} covers less than the one before", row.number));
    } else if (checkpoint->root != tree.root()) {
      damage(fmt::format("the entries are not those that checkpoint {} covers", row.number),
             std::min(first_uncovered, first_seq_ + tree.size() - 1), first_seq_ + tree.size() - 1);
    } else {
      if (checkpoint->state == CheckpointState::kRecovered) {
        report_.recovered += tree.size() - covered_;
      }
      covered_ = tree.size();
    }
    last_ = *checkpoint;
  }
  report_.head = {.number = row.number, .digest = row.digest()};
  if (const auto named = digests_.find(row.number); named != digests_.end()) {
    named->second = report_.head.digest;
  }
}

void Verifier::check_link(const CheckpointRow& row, const Checkpoint& checkpoint) {
  if (std::ranges::find(keys_, checkpoint.key) == keys_.end()) {
    damage(fmt::format("checkpoint {} is signed with a key that is not trusted: {}", row.number,
                       to_hex(checkpoint.key)));
  }
  if (!std::exchange(begun_, true)) {
    first_previous_ = checkpoint.previous;
    first_number_ = row.number;
    return;
  }
  if (row.number != report_.head.number + 1 || checkpoint.previous != report_.head.digest) {
    damage(fmt::format("checkpoint {} does not follow checkpoint {}", row.number,
                       report_.head.number));
  }
}

Result<void> Verifier::check_blobs(sqlite::Database& database) {
  Result<sqlite::Statement> rows = database.prepare("SELECT digest, bytes FROM blob");
  if (!rows) return fail(std::move(rows.error()));
  Sha256 sha256;
  for (;;) {
    const Result<bool> found = rows->step();
    if (!found) return fail(found.error());
    if (!*found) break;
    ++report_.blobs;
    if (const auto named = named_.find(rows->view(0)); named != named_.end()) named_.erase(named);
    if (!rows->is_text(0) || !rows->is_blob(1) ||
        rows->view(0) != "sha256:" + to_hex(sha256(rows->view(1)))) {
      damage(fmt::format("the content {} is not what its digest says", rows->view(0)));
    }
  }
  report_.missing += static_cast<std::int64_t>(named_.size());
  named_.clear();
  return {};
}

// The log begins with its first entry, or with a tombstone for what retention removed.
void Verifier::check_beginning() {
  if (!begun_) return;
  if (report_.removed_before == 1) {
    if (first_number_ != 1 || first_previous_ != Hash{}) {
      damage(fmt::format("the log begins with checkpoint {}", first_number_), 1);
    }
    return;
  }
  const auto tombstone = tombstones_.find(report_.removed_before);
  if (tombstone == tombstones_.end()) {
    damage(
        fmt::format("the entries before {} are gone, and no tombstone says that retention removed "
                    "them",
                    report_.removed_before),
        1, report_.removed_before - 1);
  } else if (tombstone->second.checkpoint_digest != first_previous_ ||
             tombstone->second.checkpoint + 1 != first_number_) {
    damage(fmt::format("checkpoint {} does not follow the tombstone of what was removed",
                       first_number_));
  }
}

void Verifier::check_heads() {
  file_ = head_path(directory_);
  if (heads_.size() == options_.heads.size() && report_.checkpoints > 1) {
    damage("the file is missing or unreadable");
  }
  for (const SignedCheckpoint& head : heads_) {
    const Result<Checkpoint> named = parse_checkpoint(head.body);
    if (!named) {
      damage(named.error().message);
    } else if (!is_signed_by(named->key, head.body, head.signature)) {
      damage("it is not what its key signed");
    } else if (begun_ && named->number < first_number_) {
      continue;  // retention removed it
    } else if (digests_[named->number] != digest_of(head.body, head.signature)) {
      damage(fmt::format("the log does not have checkpoint {} as it was signed; it ends with {}",
                         named->number, report_.head.number));
    }
  }
}

void Verifier::damage(std::string what, std::int64_t seq, std::int64_t last_seq) {
  if (++report_.damage_count > static_cast<std::int64_t>(kMaxDamages)) return;
  report_.damages.push_back({.file = file_,
                             .seq = seq,
                             .last_seq = last_seq > seq ? last_seq : 0,
                             .what = std::move(what)});
}

}  // namespace

Result<VerifyReport> verify(const std::string& directory, const VerifyOptions& options) {
  return Verifier(directory, options).run();
}

}  // namespace larkspur::execlog
