#include "execlog/store/partition_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "execlog/form/json_form.h"
#include "execlog/store/entry_rows.h"

namespace larkspur::execlog {

namespace {

// NORMAL: a commit survives a crash of the process; a power cut may cost those after the last
// checkpoint. FULL: it survives that too.
constexpr const char* kPragmas = R"sql(
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA secure_delete = OFF;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -16384;
  PRAGMA wal_autocheckpoint = 4000;
)sql";
constexpr const char *kForced = "PRAGMA synchronous = FULL", *kLazy = "PRAGMA synchronous = NORMAL";

}  // namespace

Result<std::unique_ptr<PartitionWriter>> PartitionWriter::open(const Partition& partition,
                                                               bool durable, OpenCalls& open_calls,
                                                               MerkleTree known) {
  if (Result<void> made = create_private_file(partition.path); !made) return fail(made.error());
  Result<sqlite::Database> database =
      sqlite::Database::open(partition.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) return fail(std::move(database.error()));
  std::unique_ptr<PartitionWriter> writer(
      new PartitionWriter(partition, std::move(*database), durable, open_calls, std::move(known)));
  Result<void> done = writer->prepare();
  if (done) done = writer->read_last_checkpoint();
  if (done) done = writer->read_entries();
  if (!done) return fail(std::move(done.error()));
  return writer;
}

Result<void> PartitionWriter::prepare() {
  if (Result<void> set = database_.execute(kPragmas); !set) return set;
  if (Result<void> set = database_.execute(durable_ ? kForced : kLazy); !set) return set;
  if (Result<void> made = make_schema(database_); !made) {
    return fail(made.error().code, partition_.path + ": " + made.error().message);
  }
  for (auto [statement, sql] : {std::pair{&insert_record_, kInsertRecord},
                                {&insert_payload_, kInsertPayload},
                                {&insert_blob_, kInsertBlob},
                                {&insert_checkpoint_, kInsertCheckpoint}}) {
    Result<sqlite::Statement> prepared = database_.prepare(sql);
    if (!prepared) return fail(std::move(prepared.error()));
    statement->emplace(std::move(*prepared));
  }
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(partition_.path, ignored);
  bytes_ = ignored ? 0 : static_cast<std::int64_t>(bytes);
  return {};
}

Result<void> PartitionWriter::read_last_checkpoint() {
  Result<sqlite::Statement> row = database_.prepare(kSelectCheckpoints);
  if (!row) return fail(std::move(row.error()));
  for (;;) {
    const Result<bool> found = row->step();
    if (!found) return fail(found.error());
    if (!*found) return {};
    const CheckpointRow last(*row);
    head_ = {.number = last.number, .digest = last.digest()};
    if (Result<Checkpoint> checkpoint = last.read()) {
      last_ = *checkpoint;
    } else {
      damage_ = std::move(checkpoint.error().message);
    }
  }
}

Result<void> PartitionWriter::read_entries() {
  Result<EntryRows> rows = EntryRows::select(database_, next_seq());
  if (!rows) return fail(std::move(rows.error()));
  std::vector<std::pair<std::int64_t, Hash>> adopted;
  const auto compare = [this] {
    if (last_ && last_->size == tree_.size() && last_->root != tree_.root()) {
      damage_ = fmt::format("its first {} entries are not those of checkpoint {}", last_->size,
                            last_->number);
    }
  };
  compare();
  for (;;) {
    const Result<bool> found = rows->next();
    if (!found) return fail(found.error());
    if (!*found) break;
    if (rows->seq() != next_seq()) {
      damage_ = fmt::format("entry {} is where {} should be", rows->seq(), next_seq());
    }
    note(rows->kind(), rows->json(), rows->tool_call_id());
    const Hash leaf = rows->leaf();
    if (rows->has_no_leaf()) {
      adopted.emplace_back(rows->seq(), leaf);
    } else if (!rows->is_stored_leaf(leaf)) {
      damage_ = fmt::format("entry {} is not what was written", rows->seq());
    }
    tree_.add(leaf);
    compare();
  }
  if (last_ && tree_.size() < last_->size) {
    damage_ = fmt::format("it has {} entries, and checkpoint {} covers {}", tree_.size(),
                          last_->number, last_->size);
  }
  return adopt(adopted);
}

// Entries of a version without leaves get theirs.
Result<void> PartitionWriter::adopt(const std::vector<std::pair<std::int64_t, Hash>>& leaves) {
  if (leaves.empty()) return {};
  Result<sqlite::Statement> update = database_.prepare("UPDATE payload SET leaf = ? WHERE seq = ?");
  if (!update) return fail(std::move(update.error()));
  if (Result<void> begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (const auto& [seq, leaf] : leaves) {
    update->bind_blob(1, leaf);
    update->bind(2, seq);
    if (Result<void> written = update->run(); !written) return written;
  }
  return database_.execute("COMMIT");
}

void PartitionWriter::note(std::int64_t kind, std::string_view json, std::string_view id) {
  if (kind == static_cast<std::int64_t>(EntryKind::kIntent)) {
    open_calls_.insert_or_assign(std::string(id_in(json)), std::string(json));
  } else if (const auto call = open_calls_.find(id); call != open_calls_.end()) {
    open_calls_.erase(call);
  }
}

Result<void> PartitionWriter::add(EntryKind kind, std::string_view json, const Record* record) {
  const std::int64_t seq = next_seq() + static_cast<std::int64_t>(pending_.size());
  const auto number = static_cast<std::int64_t>(kind);
  hasher_.begin(seq, number, json);
  if (record != nullptr) {
    insert_record_->bind(1, seq);
    int column = 1;
    for (const sqlite::Cell& cell : cells_of(*record)) {
      hasher_.add(cell);
      insert_record_->bind_cell(++column, cell);
    }
    if (Result<void> written = insert_record_->run(); !written) return written;
  }
  const Hash& leaf = pending_.emplace_back(hasher_.finish());
  insert_payload_->bind(1, seq);
  insert_payload_->bind(2, number);
  insert_payload_->bind(3, json);
  insert_payload_->bind_blob(4, leaf);
  if (Result<void> written = insert_payload_->run(); !written) return written;
  pending_bytes_ += static_cast<std::int64_t>(json.size());
  return {};
}

Result<void> PartitionWriter::commit() {
  if (Result<void> committed = database_.execute("COMMIT"); !committed) return committed;
  for (const Hash& leaf : pending_) tree_.add(leaf);
  bytes_ += pending_bytes_;
  return {};
}

Result<void> PartitionWriter::append(const Batch& batch) {
  pending_.clear();
  pending_bytes_ = 0;
  if (Result<void> begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (const Blob* const blob : batch.blobs) {
    insert_blob_->bind(1, blob->digest);
    insert_blob_->bind_blob(2, blob->bytes);
    if (Result<void> written = insert_blob_->run(); !written) return written;
    pending_bytes_ += static_cast<std::int64_t>(blob->bytes.size());
  }
  std::vector<std::string> intents;
  for (Record* const intent : batch.intents) {
    intents.push_back(to_bounded_json(*intent));
    Result<void> written = add(EntryKind::kIntent, intents.back(), nullptr);
    if (!written) return written;
  }
  for (Record* const record : batch.records) {
    const std::string json = to_bounded_json(*record);
    Result<void> written = add(EntryKind::kRecord, json, record);
    if (!written) return written;
  }
  if (Result<void> committed = commit(); !committed) return committed;
  for (const std::string& json : intents) {
    note(static_cast<std::int64_t>(EntryKind::kIntent), json, {});
  }
  if (open_calls_.empty()) return {};
  for (const Record* const record : batch.records) open_calls_.erase(record->tool_call_id);
  return {};
}

Result<void> PartitionWriter::append(EntryKind kind, const std::vector<std::string_view>& entries) {
  pending_.clear();
  pending_bytes_ = 0;
  if (Result<void> begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (const std::string_view json : entries) {
    if (Result<void> written = add(kind, json, nullptr); !written) return written;
  }
  return commit();
}

EpochMs PartitionWriter::oldest() {
  return database_.integer("SELECT start_ms FROM record ORDER BY seq LIMIT 1").value_or(0);
}

Result<SignedCheckpoint> PartitionWriter::checkpoint(const SigningKey& key, ChainHead& head,
                                                     CheckpointState state) {
  const Checkpoint checkpoint{.number = head.number + 1,
                              .partition = partition_.first_seq,
                              .size = tree_.size(),
                              .root = tree_.root(),
                              .time = wall_clock_ms(),
                              .state = state,
                              .previous = head.digest,
                              .key = key.public_key()};
  SignedCheckpoint made{.body = to_text(checkpoint), .signature = {}};
  made.signature = key.sign(made.body);
  insert_checkpoint_->bind(1, checkpoint.number);
  insert_checkpoint_->bind(2, made.body);
  insert_checkpoint_->bind_blob(3, made.signature);
  // The write-ahead log is one file: forcing this commit forces all before it.
  Result<void> done = database_.execute(kForced);
  if (done) done = insert_checkpoint_->run();
  if (done && !durable_) done = database_.execute(kLazy);
  if (!done) return fail(std::move(done.error()));
  last_ = checkpoint;
  head_ = head = {.number = checkpoint.number, .digest = digest_of(made.body, made.signature)};
  return made;
}

sqlite::Database PartitionWriter::release() && {
  for (auto* statement : {&insert_record_, &insert_payload_, &insert_blob_, &insert_checkpoint_}) {
    statement->reset();
  }
  return std::move(database_);
}

}  // namespace larkspur::execlog
