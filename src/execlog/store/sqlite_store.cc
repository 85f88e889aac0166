#include "execlog/store/sqlite_store.h"

#include <fmt/format.h>

#include <ranges>
#include <vector>

#include "execlog/store/log_files.h"

namespace larkspur::execlog {

namespace {

using namespace std::chrono_literals;

constexpr auto kBetweenLooks = 1min;  // at retention

std::string last_id(const Batch& batch) {
  const auto last = batch.records.empty() ? batch.intents : batch.records;
  return last.empty() ? std::string() : last.back()->tool_call_id;
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Options options) {
  Result<DirectoryLock> lock = DirectoryLock::take(options.directory);
  if (!lock) return fail(std::move(lock.error()));
  if (options.signing_key.empty()) options.signing_key = default_signing_key(options.directory);
  Result<SigningKey> key = SigningKey::load_or_create(options.signing_key);
  if (!key) return fail(std::move(key.error()));
  Result<void> done = publish_key(options.directory, key->public_key());
  std::unique_ptr<SqliteStore> store(
      new SqliteStore(std::move(options), std::move(*lock), std::move(*key)));
  if (done) done = store->take_over();
  if (!done) return fail(store->in_context(done.error()));
  return store;
}

SqliteStore::~SqliteStore() {
  if (!hot_) return;
  if (hot_->last() && hot_->last()->state == CheckpointState::kClosed && hot_->uncovered() == 0) {
    return;
  }
  // Where it fails, a reader sees what the last checkpoint covers, and the rest as in doubt.
  static_cast<void>(checkpoint(CheckpointState::kClosed));
}

// What the last writer left: older versions, partitions without indexes, a damaged or unsigned end,
// calls without a record.
Result<void> SqliteStore::take_over() {
  Result<std::vector<Partition>> partitions = list_partitions(options_.directory);
  if (!partitions) return fail(std::move(partitions.error()));
  for (std::size_t i = 0; i + 1 < partitions->size(); ++i) {
    if (Result<void> finished = finish_older((*partitions)[i]); !finished) return finished;
  }
  Result<void> done = open_newest();
  if (done && !hot_->damage().empty()) {
    notice(
        fmt::format("{} was changed: {}. It is left as it is (`larkspur log verify` shows more), "
                    "and the log goes on in a new file",
                    hot_->partition().path, hot_->damage()));
    const std::int64_t next = hot_->next_seq();
    done = open_partition({partition_path(options_.directory, next), next});
  } else if (done && hot_->uncovered() > 0) {
    done = checkpoint(CheckpointState::kRecovered);
  } else if (done && hot_->last()) {
    // After a closing checkpoint nothing may follow but another checkpoint.
    done = checkpoint(CheckpointState::kOpen);
  }
  if (done && !open_calls_.empty()) done = write_unknown();
  if (done) done = let_go();
  return done;
}

// An older partition that this program would not have left as it is.
Result<void> SqliteStore::finish_older(const Partition& partition) {
  {
    Result<sqlite::Database> database = sqlite::Database::open_for_reading(partition.path);
    if (!database) return fail(std::move(database.error()));
    const Result<std::int64_t> indexes = database->integer(kCountIndexes);
    if (!indexes) return fail(indexes.error());
    const bool is_chained = database->integer(kSelectLastCheckpoint).value_or(0) > 0;
    if (is_chained && *indexes > 0) return {};
  }
  OpenCalls ignored;
  Result<std::unique_ptr<PartitionWriter>> writer =
      PartitionWriter::open(partition, options_.durable, ignored);
  if (!writer) return fail(std::move(writer.error()));
  if ((*writer)->head().number > 0) {
    head_ = (*writer)->head();
  } else {
    const auto made = (*writer)->checkpoint(key_, head_, CheckpointState::kRecovered);
    if (!made) return fail(made.error());
  }
  sealer_.seal(std::move(**writer).release());
  return {};
}

Result<void> SqliteStore::write_unknown() {
  std::vector<Record> records;
  for (const auto& [id, json] : open_calls_) {
    if (Result<Record> record = unknown_call(json)) records.push_back(std::move(*record));
  }
  std::vector<Record*> rows;
  for (Record& record : records) rows.push_back(&record);
  notice(
      fmt::format("{} calls were under way when the last gateway stopped; what became of them is "
                  "unknown: larkspur log --status unknown",
                  rows.size()));
  return hot_->append(Batch{.records = rows, .blobs = {}});
}

Result<void> SqliteStore::append(const Batch& batch) {
  Result<void> done = hot_ ? Result<void>() : open_newest();
  if (done && doubt_ && hot_->next_seq() > doubt_->next_seq && doubt_->last_id == last_id(batch)) {
    doubt_.reset();  // the commit that was reported as failed had been made
    return {};
  }
  if (done && is_full()) done = rotate();
  if (!done) return lose(done.error());
  doubt_ = {.next_seq = hot_->next_seq(), .last_id = last_id(batch)};
  done = hot_->append(batch);
  if (!done) return lose(done.error());
  doubt_.reset();
  return {};
}

Result<void> SqliteStore::tend() {
  Result<void> done = hot_ ? Result<void>() : open_newest();
  if (done && hot_->uncovered() > 0) done = checkpoint(CheckpointState::kOpen);
  if (done && std::chrono::steady_clock::now() - last_look_ > kBetweenLooks) {
    done = is_old() ? rotate() : let_go();
  }
  if (!done) return lose(done.error());
  return {};
}

bool SqliteStore::is_full() const {
  const std::int64_t entries = hot_->tree().size();
  return entries >= options_.partition_records ||
         (entries > 0 && hot_->bytes() >= options_.partition_bytes);
}

// What has grown too old can only go when it is no longer written to.
bool SqliteStore::is_old() {
  const std::int64_t age = options_.retention.age.count();
  const EpochMs oldest = hot_->oldest();
  return age > 0 && oldest > 0 && wall_clock_ms() - oldest > age;
}

Result<void> SqliteStore::open_newest() {
  sealer_.wait();
  Result<std::vector<Partition>> partitions = list_partitions(options_.directory);
  if (!partitions) return fail(std::move(partitions.error()));
  if (partitions->empty()) return open_partition({partition_path(options_.directory, 1), 1});
  if (Result<void> opened = open_partition(partitions->back()); !opened) return opened;
  for (const Partition& each : std::views::reverse(*partitions)) {
    const Result<ChainHead> head = chain_head_of(each);
    if (!head) return fail(head.error());
    head_ = *head;
    if (head_.number > 0) break;
  }
  return {};
}

Result<void> SqliteStore::open_partition(const Partition& partition) {
  MerkleTree known = partition.path == lost_.path ? std::exchange(lost_tree_, {}) : MerkleTree();
  lost_ = {};
  Result<std::unique_ptr<PartitionWriter>> writer =
      PartitionWriter::open(partition, options_.durable, open_calls_, std::move(known));
  if (!writer) return fail(std::move(writer.error()));
  hot_ = std::move(*writer);
  if (hot_->tree().size() > 0 || open_calls_.empty()) return {};
  // The calls under way move with the log, so that the newest partition knows them all.
  std::vector<std::string_view> intents;
  for (const auto& [id, json] : open_calls_) intents.push_back(json);
  return hot_->append(EntryKind::kIntent, intents);
}

Result<void> SqliteStore::rotate() {
  if (Result<void> sealed = checkpoint(CheckpointState::kSealed); !sealed) return sealed;
  const std::int64_t next = hot_->next_seq();
  sealer_.seal(std::move(*std::exchange(hot_, nullptr)).release());
  Result<void> done = open_partition({partition_path(options_.directory, next), next});
  if (done) done = let_go();
  return done;
}

Result<void> SqliteStore::checkpoint(CheckpointState state) {
  const Result<SignedCheckpoint> made = hot_->checkpoint(key_, head_, state);
  if (!made) return fail(made.error());
  return publish_head(options_.directory, *made);
}

// Retention. The tombstone is on the disk before the partition goes; after a crash in between it is
// written once more.
Result<void> SqliteStore::let_go() {
  last_look_ = std::chrono::steady_clock::now();
  const Retention& keep = options_.retention;
  const EpochMs now = wall_clock_ms();
  Result<std::vector<PartitionFacts>> facts = facts_of(options_.directory, hot_->next_seq());
  if (!facts) return fail(std::move(facts.error()));
  const Doomed doom = doomed(*facts, keep, now);
  for (std::size_t i = 0; i < doom.count; ++i) {
    const Result<Tombstone> tombstone = tombstone_for((*facts)[i], doom.reason);
    if (!tombstone) return fail(tombstone.error());
    const std::string json = to_json(*tombstone);
    Result<void> done = hot_->append(EntryKind::kTombstone, {json});
    if (done) done = checkpoint(CheckpointState::kOpen);
    if (!done) return done;
    remove_partition((*facts)[i].partition);
  }
  if (doom.count > 0) {
    notice(
        fmt::format("retention ({}) removed {} of {} files of the execution log; their tombstones "
                    "are in it",
                    doom.reason, doom.count, facts->size()));
  }
  return {};
}

// After an I/O error nothing that the connection believes can be trusted: closing it rolls back,
// and the next attempt reads anew what is really there.
Result<void> SqliteStore::lose(const Error& error) {
  if (hot_) {
    lost_ = hot_->partition();
    lost_tree_ = hot_->tree();
    hot_.reset();
  }
  return fail(in_context(error));
}

void SqliteStore::notice(std::string_view text) const {
  if (options_.on_notice) options_.on_notice(text);
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
