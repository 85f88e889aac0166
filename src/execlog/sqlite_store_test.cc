#include "execlog/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "execlog/call_id.h"
#include "execlog/json_form.h"
#include "execlog/log.h"
#include "execlog/sqlite_reader.h"
#include "execlog/tree.h"

namespace larkspur::execlog {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SqliteStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "execlog-test-XXXXXX";
    root_ = mkdtemp(pattern.data());
    directory_ = root_ / "log";
  }
  void TearDown() override { fs::remove_all(root_); }

  SqliteStore::Options options() const { return {.directory = directory_}; }
  std::unique_ptr<SqliteStore> open(SqliteStore::Options options) {
    Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(std::move(options));
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
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

  fs::path root_;
  std::string directory_;
};

Record record_of(std::string tool, EpochMs when = 1000) {
  Record record;
  record.tool_call_id = make_tool_call_id(tool, "", when);
  record.tool_name = std::move(tool);
  record.start_time = when;
  record.end_time = when + 5;
  record.duration_ms = 5;
  record.status = Status::kSuccess;
  return record;
}

Result<void> append(SqliteStore& store, std::vector<Record> records,
                    const std::vector<Blob>& blobs = {}) {
  std::vector<Record*> rows;
  for (Record& record : records) rows.push_back(&record);
  std::vector<const Blob*> contents;
  for (const Blob& blob : blobs) contents.push_back(&blob);
  return store.append({.records = rows, .blobs = contents});
}

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
  EXPECT_EQ(files, 4U);  // the partition, its -wal and -shm, the lock
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
  const auto store = open(small);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(append(*store, {record_of("t")}));
  auto sealed = sqlite::Database::open(partition_path(directory_, 1), SQLITE_OPEN_READONLY);
  EXPECT_EQ(sealed->integer(
                "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"),
            11);
}

TEST_F(SqliteStoreTest, RetentionUnlinksTheOldest) {
  SqliteStore::Options small = options();
  small.partition_records = 2;
  small.max_partitions = 2;
  const auto store = open(small);
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(append(*store, {record_of("t")}));
  EXPECT_EQ(sequence(), (std::vector<std::int64_t>{7, 6, 5}));
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
  small.partition_records = 1;
  small.max_partitions = 2;
  const auto store = open(small);
  const Blob first{"sha256:" + std::string(64, '1'), std::string("a\0b", 3)};
  const Blob second{"sha256:" + std::string(64, '2'), "again"};
  ASSERT_TRUE(append(*store, {record_of("t")}, {first, first}));
  ASSERT_TRUE(append(*store, {record_of("t")}, {second}));
  SqliteReader reader(directory_);
  EXPECT_EQ(reader.blob(first.digest).value(), first.bytes);
  EXPECT_EQ(reader.blob(second.digest).value(), second.bytes);
  EXPECT_EQ(reader.blob("sha256:none").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(append(*store, {record_of("t")}));  // retention takes the first partition
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
