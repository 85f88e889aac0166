#include "execlog/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "execlog/form/json_form.h"
#include "execlog/log.h"
#include "execlog/proof/tree.h"
#include "execlog/proof/verify.h"
#include "execlog/store/sqlite_reader.h"
#include "execlog/test_log.h"

namespace larkspur::execlog {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SqliteStoreTest : public ::testing::Test {
 protected:
  SqliteStore::Options options() const { return log_.options(); }
  std::unique_ptr<SqliteStore> open(SqliteStore::Options options) {
    return log_.open(std::move(options));
  }
  std::vector<std::int64_t> sequence() {
    SqliteReader reader(directory_);
    std::vector<std::int64_t> seqs;
    const auto rows = reader.list({.limit = kMaxRows});
    EXPECT_TRUE(rows) << rows.error().message;
    if (rows) {
      for (const StoredRecord& row : *rows) seqs.push_back(row.seq);
    }
    return seqs;
  }

  TestLog log_;
  const std::string& directory_ = log_.directory;
  const fs::path& root_ = log_.root;
};

TEST_F(SqliteStoreTest, WritesAndFindsAgain) {
  const auto store = open(options());
  Record failed = record_of("write_file", 2000);
  failed.status = Status::kFailed;
  failed.error = "no";
  failed.metadata.emplace();
  Record child = record_of("inner", 3000);
  child.parent_id = failed.tool_call_id;
  ASSERT_TRUE(append(*store, {record_of("read_file", 1000), failed, child}));

  SqliteReader reader(directory_);
  const auto ids = [&](const Filter& filter) {
    std::vector<std::string> names;
    const auto rows = reader.list(filter);
    EXPECT_TRUE(rows);
    for (const StoredRecord& row : *rows) names.push_back(row.record.tool_name);
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(ids({}), (Names{"write_file", "read_file"}));
  EXPECT_EQ(ids({.top_level_only = false}), (Names{"inner", "write_file", "read_file"}));
  EXPECT_EQ(ids({.tool = "read_file"}), Names{"read_file"});
  EXPECT_EQ(ids({.status = Status::kFailed}), Names{"write_file"});
  EXPECT_EQ(ids({.since = 1500}), Names{"write_file"});
  EXPECT_EQ(ids({.id_prefix = "read"}), Names{"read_file"});
  EXPECT_EQ(ids({.limit = 1}), Names{"write_file"});

  EXPECT_EQ(reader.find(failed.tool_call_id)->record.error, "no");
  EXPECT_EQ(reader.find("write_file_-_2")->seq, 2);
  EXPECT_EQ(reader.find("nothing").error().code, ErrorCode::kNotFound);
  const auto ambiguous = reader.find("");
  ASSERT_FALSE(ambiguous);
  EXPECT_THAT(ambiguous.error().message, HasSubstr(child.tool_call_id));
  EXPECT_EQ(reader.children(failed.tool_call_id)->size(), 1U);
}

TEST_F(SqliteStoreTest, ChildrenComeInTheOrderOfTheirPlaces) {
  const auto store = open(options());
  Record parent = record_of("script");
  std::vector<Record> records{parent};
  for (const char* place : {"10", "2/10", "1", "2/9", "3"}) {
    records.push_back(record_of("t"));
    records.back().parent_id = parent.tool_call_id;
    records.back().place = place;
  }
  ASSERT_TRUE(append(*store, records));
  SqliteReader reader(directory_);
  const Result<Tree> tree = load_tree(reader, parent.tool_call_id);
  ASSERT_TRUE(tree);
  std::vector<std::string> places;
  for (const Tree& child : tree->children) places.push_back(child.record.place);
  EXPECT_EQ(places, (std::vector<std::string>{"1", "2/9", "2/10", "3", "10"}));
}

TEST_F(SqliteStoreTest, ARecordThatIsItsOwnParentEnds) {
  const auto store = open(options());
  Record loop = record_of("script");
  loop.parent_id = loop.tool_call_id;
  loop.script = ScriptInfo{.hash = "sha256:" + std::string(64, 'a')};
  ASSERT_TRUE(append(*store, {loop}));
  SqliteReader reader(directory_);
  EXPECT_TRUE(load_tree(reader, loop.tool_call_id));
}

TEST_F(SqliteStoreTest, OnlyTheOwnerMayRead) {
  const auto store = open(options());
  ASSERT_TRUE(append(*store, {record_of("t")}));
  struct stat status{};
  ASSERT_EQ(stat(directory_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(directory_)) {
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 6U);  // the partition, its -wal and -shm, the lock, the key and its public half
}

TEST_F(SqliteStoreTest, TwoMayNotWriteAtOnce) {
  auto first = open(options());
  const auto second = SqliteStore::open(options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(getpid())));
  first.reset();
  EXPECT_TRUE(SqliteStore::open(options()));
}

TEST_F(SqliteStoreTest, SequenceGoesOnOverPartitionsAndRestarts) {
  SqliteStore::Options small = options();
  small.partition_records = 3;
  for (int restart = 0; restart < 3; ++restart) {
    const auto store = open(small);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(append(*store, {record_of("t")}));
  }
  EXPECT_EQ(sequence(), (std::vector<std::int64_t>{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(list_partitions(directory_)->size(), 4U);
}

TEST_F(SqliteStoreTest, SealedPartitionsHaveIndexes) {
  SqliteStore::Options small = options();
  small.partition_records = 1;
  {
    const auto store = open(small);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(append(*store, {record_of("t")}));
  }
  auto sealed = sqlite::Database::open(partition_path(directory_, 1), SQLITE_OPEN_READONLY);
  EXPECT_EQ(sealed->integer(
                "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"),
            11);
}

TEST_F(SqliteStoreTest, RetentionRemovesTheOldestAndLeavesATombstone) {
  SqliteStore::Options small = options();
  small.partition_records = 2;
  small.retention.entries = 5;
  {
    const auto store = open(small);
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(append(*store, {record_of("t")}));
  }
  const std::vector<std::int64_t> kept = sequence();
  EXPECT_GE(kept.size(), 3U);
  EXPECT_LT(kept.size(), 8U);
  const Result<VerifyReport> report = verify(directory_, {});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->damage_count, 0) << report->damages[0].what;
  EXPECT_GT(report->removed_before, 1);
  EXPECT_GT(report->tombstones, 0);
  // What the tombstone does not stand for may not go.
  const auto partitions = list_partitions(directory_);
  remove_partition(partitions->front());
  EXPECT_GT(verify(directory_, {})->damage_count, 0);
}

TEST_F(SqliteStoreTest, RetentionByAgeAndSizeLooksAtWholeFiles) {
  const std::vector<PartitionFacts> facts{
      {{"a", 1}, 10, 100, 1000}, {{"b", 11}, 10, 100, 2000}, {{"c", 21}, 10, 100, 3000}};
  const auto count = [&](Retention retention) { return doomed(facts, retention, 3500).count; };
  using namespace std::chrono_literals;
  EXPECT_EQ(count({}), 0U);
  EXPECT_EQ(count({.age = 2600ms}), 0U);
  EXPECT_EQ(count({.age = 2s}), 1U);
  EXPECT_EQ(count({.age = 1ms}), 2U);  // never the newest
  EXPECT_EQ(count({.bytes = 300}), 0U);
  EXPECT_EQ(count({.bytes = 299}), 1U);
  EXPECT_EQ(count({.bytes = 1}), 2U);
  EXPECT_EQ(count({.entries = 21}), 0U);
  EXPECT_EQ(count({.entries = 20}), 1U);
  EXPECT_EQ(doomed(facts, {.age = 2s, .bytes = 100}, 3500).reason, "bytes");
}

TEST_F(SqliteStoreTest, CallsUnderWayWhenTheWriterDiesAreUnknown) {
  SqliteStore::Options small = options();
  small.partition_records = 2;
  const Record lost = intent_of("lost"), ended = intent_of("ended");
  Record end = record_of("ended");
  end.tool_call_id = ended.tool_call_id;
  const pid_t writer = fork();
  if (writer == 0) {
    const auto store = SqliteStore::open(small);
    // The intents move on from partition to partition.
    bool done = append(**store, {}, {}, {lost, ended}) && append(**store, {record_of("a")});
    for (int i = 0; i < 5; ++i) done = done && append(**store, {record_of("t")});
    done = done && append(**store, {end});
    std::_Exit(done ? 0 : 1);  // as kill -9 would: nothing is closed
  }
  int status = 0;
  waitpid(writer, &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(verify(directory_, {})->under_way, 1);
  std::vector<std::string> notices;
  small.on_notice = [&](std::string_view text) { notices.emplace_back(text); };
  open(small);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_THAT(notices[0], HasSubstr("1 calls were under way"));
  SqliteReader reader(directory_);
  const auto found = reader.list({.status = Status::kUnknown});
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().record.tool_call_id, lost.tool_call_id);
  EXPECT_FALSE(found->front().record.end_time);
  EXPECT_THAT(*found->front().record.error, HasSubstr("not known"));
  const Result<VerifyReport> report = verify(directory_, {});
  EXPECT_EQ(report->damage_count, 0) << report->damages[0].what;
  EXPECT_EQ(report->unknown, 1);
  EXPECT_EQ(report->under_way, 0);
  EXPECT_GT(report->recovered, 0);
  EXPECT_TRUE(report->closed);
  notices.clear();
  open(small);  // and only once
  EXPECT_TRUE(notices.empty());
}

TEST_F(SqliteStoreTest, ADamagedPartitionIsLeftAndTheLogGoesOn) {
  ASSERT_TRUE(append(*open(options()), {record_of("a"), record_of("b")}));
  {
    auto file = sqlite::Database::open(partition_path(directory_, 1), SQLITE_OPEN_READWRITE);
    ASSERT_TRUE(file->execute("UPDATE record SET tool = 'c' WHERE seq = 1"));
  }
  SqliteStore::Options told = options();
  std::string notice;
  told.on_notice = [&](std::string_view text) { notice = text; };
  ASSERT_TRUE(append(*open(told), {record_of("d")}));
  EXPECT_THAT(notice, HasSubstr("was changed"));
  EXPECT_EQ(sequence(), (std::vector<std::int64_t>{3, 2, 1}));
  const Result<VerifyReport> report = verify(directory_, {});
  ASSERT_GT(report->damage_count, 0);
  EXPECT_EQ(report->damages[0].seq, 1);
}

// Not yet covered by a checkpoint, and still its leaf tells.
TEST_F(SqliteStoreTest, ADamagedTailIsNotTakenOver) {
  const pid_t writer = fork();
  if (writer == 0) {
    const auto store = SqliteStore::open(options());
    std::_Exit(append(**store, {record_of("a"), record_of("b")}) ? 0 : 1);
  }
  int status = 0;
  waitpid(writer, &status, 0);
  ASSERT_EQ(status, 0);
  {
    auto file = sqlite::Database::open(partition_path(directory_, 1), SQLITE_OPEN_READWRITE);
    ASSERT_TRUE(file->execute("UPDATE record SET tool = 'c' WHERE seq = 2"));
  }
  SqliteStore::Options told = options();
  std::string notice;
  told.on_notice = [&](std::string_view text) { notice = text; };
  ASSERT_TRUE(append(*open(told), {record_of("d")}));
  EXPECT_THAT(notice, HasSubstr("entry 2 is not what was written"));
  EXPECT_GT(verify(directory_, {})->damage_count, 0);
}

TEST_F(SqliteStoreTest, TheKeyMayLieElsewhereAndOnlyItsOwnerMayReadIt) {
  SqliteStore::Options with_key = options();
  with_key.signing_key = root_ / "key.pem";
  ASSERT_TRUE(append(*open(with_key), {record_of("t")}));
  EXPECT_FALSE(fs::exists(fs::path(directory_) / "signing-key.pem"));
  fs::permissions(with_key.signing_key, fs::perms::group_read, fs::perm_options::add);
  const auto refused = SqliteStore::open(with_key);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("chmod 600"));
}

TEST_F(SqliteStoreTest, ReadersSeeWhatIsWrittenWhileItIsWritten) {
  SqliteStore::Options small = options();
  small.partition_records = 50;
  const auto store = open(small);
  std::atomic<bool> stop{false};
  std::atomic<int> looks{0};
  std::jthread looker([&] {
    SqliteReader reader(directory_);
    std::int64_t newest = 0;
    while (!stop) {
      const auto rows = reader.list({.limit = 1});
      ASSERT_TRUE(rows) << rows.error().message;
      const std::int64_t seen = rows->empty() ? 0 : rows->front().seq;
      EXPECT_GE(seen, newest);
      newest = seen;
      ++looks;
    }
  });
  for (int i = 0; i < 200 || looks < 5; ++i) ASSERT_TRUE(append(*store, {record_of("t")}));
  stop = true;
}

TEST_F(SqliteStoreTest, ClosedLogsCanBeReadToo) {
  {
    ASSERT_TRUE(append(*open(options()), {record_of("t")}));
  }
  EXPECT_EQ(sequence().size(), 1U);
}

TEST_F(SqliteStoreTest, SaysWhatIsWrongWithTheDirectory) {
  std::ofstream(root_ / "file") << "x";
  const auto store = SqliteStore::open({.directory = root_ / "file" / "log"});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kIo);
  EXPECT_THAT(store.error().message, HasSubstr("Not a directory"));
  EXPECT_THAT(store.error().message, HasSubstr("another directory"));
  EXPECT_EQ(SqliteReader(root_ / "none").list({}).error().code, ErrorCode::kNotFound);
}

TEST_F(SqliteStoreTest, BlobsLieBesideTheRecordsThatNameThem) {
  SqliteStore::Options small = options();
  small.partition_records = 2;
  small.retention.entries = 2;
  const auto store = open(small);
  const Blob first{"sha256:" + std::string(64, '1'), std::string("a\0b", 3)};
  const Blob second{"sha256:" + std::string(64, '2'), "again"};
  ASSERT_TRUE(append(*store, {record_of("t"), record_of("t")}, {first, first}));
  ASSERT_TRUE(append(*store, {record_of("t")}, {second}));
  SqliteReader reader(directory_);
  EXPECT_EQ(reader.blob(first.digest).value(), first.bytes);
  EXPECT_EQ(reader.blob(second.digest).value(), second.bytes);
  EXPECT_EQ(reader.blob("sha256:none").error().code, ErrorCode::kNotFound);
  // Retention takes the first partition.
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(append(*store, {record_of("t")}));
  EXPECT_EQ(reader.blob(first.digest).error().code, ErrorCode::kNotFound);
}

TEST_F(SqliteStoreTest, BringsVersion1UpToDate) {
  fs::create_directories(directory_);
  Record old = record_of("old");
  {
    auto file = sqlite::Database::open(partition_path(directory_, 1),
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    ASSERT_TRUE(file->execute(R"sql(
      CREATE TABLE record (seq INTEGER PRIMARY KEY, tool_call_id TEXT NOT NULL,
        start_ms INTEGER NOT NULL, duration_ms INTEGER NOT NULL, tool TEXT NOT NULL,
        status TEXT NOT NULL, parent_id TEXT, session_id TEXT, principal TEXT, trace_id TEXT);
      CREATE TABLE payload (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
      PRAGMA user_version = 1)sql"));
    auto row =
        file->prepare("INSERT INTO record VALUES (1,?,1000,5,'old','success',NULL,NULL,NULL,NULL)");
    row->bind(1, old.tool_call_id);
    ASSERT_TRUE(row->run());
    auto payload = file->prepare("INSERT INTO payload VALUES (1,?)");
    const std::string json = to_bounded_json(old);
    payload->bind(1, json);
    ASSERT_TRUE(payload->run());
  }
  ASSERT_TRUE(append(*open(options()), {record_of("new")}));
  EXPECT_EQ(sequence(), (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(SqliteReader(directory_).find(old.tool_call_id)->record.tool_name, "old");
  const Result<VerifyReport> report = verify(directory_, {});
  EXPECT_EQ(report->damage_count, 0) << report->damages[0].what;
  EXPECT_EQ(report->proven, 2);
  EXPECT_EQ(report->recovered, 1);
}

TEST_F(SqliteStoreTest, RefusesANewerSchema) {
  {
    open(options());
  }
  {
    auto file = sqlite::Database::open(partition_path(directory_, 1), SQLITE_OPEN_READWRITE);
    ASSERT_TRUE(file->execute("PRAGMA user_version = 99"));
  }
  const auto store = SqliteStore::open(options());
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("version 99"));
}

// No file of this process can grow beyond `bytes` while it lives: the nearest thing to a full disk
// that needs no mount.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    signal_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  void (*signal_)(int);
};

TEST_F(SqliteStoreTest, AFullDiskIsAnErrorAndPassesByItself) {
  const auto store = open(options());
  ASSERT_TRUE(append(*store, {record_of("before")}));
  {
    const FullDisk full(64 * 1024);
    Result<void> written;
    for (int i = 0; i < 200 && written; ++i) written = append(*store, {record_of("during")});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kIo);
    EXPECT_THAT(written.error().message, HasSubstr(directory_));
    EXPECT_THAT(written.error().message, HasSubstr("free space"));
  }
  ASSERT_TRUE(append(*store, {record_of("after")}));
  const std::vector<std::int64_t> seqs = sequence();
  ASSERT_GE(seqs.size(), 2U);
  EXPECT_EQ(seqs.front(), static_cast<std::int64_t>(seqs.size()));  // no gap in the numbers
  EXPECT_EQ(SqliteReader(directory_).list({.limit = 1})->front().record.tool_name, "after");
}

TEST_F(SqliteStoreTest, TheLogCountsWhatAFullDiskCost) {
  Log log(open(options()), {.capacity = 100, .retry = 1ms});
  {
    const FullDisk full(48 * 1024);
    for (int i = 0; i < 1000; ++i) {
      Recording recording = log.open({.tool_name = "t"});
      recording.succeed();
      recording.close();
      if (i % 100 == 0) std::this_thread::sleep_for(10ms);
    }
    EXPECT_GT(log.stats().dropped, 0U);
    EXPECT_THAT(log.stats().last_error, HasSubstr("cannot be written"));
  }
  ASSERT_TRUE(log.flush(30s));
  const Log::Stats stats = log.stats();
  EXPECT_EQ(stats.written + stats.dropped, 1000U);
  EXPECT_GE(SqliteReader(directory_).list({.tool = "execution_log_gap"})->size(), 1U);
}

}  // namespace
}  // namespace larkspur::execlog
