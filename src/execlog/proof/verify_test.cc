#include "execlog/proof/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "base/random.h"
#include "execlog/store/log_files.h"
#include "execlog/store/sqlite_reader.h"
#include "execlog/test_log.h"

namespace larkspur::execlog {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kStride = 37;  // the places where SQLite and we could go wrong, not the proof
#else
constexpr std::size_t kStride = 1;
#endif

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A small log with something of everything: two partitions, three checkpoints in one of them,
// intents, a failure, a gap, a content; closed in order.
class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SqliteStore::Options small = log_.options();
    small.partition_records = 4;
    {
      const auto store = log_.open(small);
      Record failed = record_of("failed");
      failed.status = Status::kFailed;
      failed.error = "no";
      failed.metadata.emplace();
      const std::string content = "what was asked";
      Record slow = record_of("slow");
      Record intent = slow;
      intent.status = Status::kRunning;
      intent.end_time.reset();
      intent.duration_ms.reset();
      Record first = record_of("first");
      first.request.arguments_blob = "sha256:" + sha256_hex(content);
      ASSERT_TRUE(append(*store, {first}, {{first.request.arguments_blob, content}}, {intent}));
      ASSERT_TRUE(store->tend());
      ASSERT_TRUE(append(*store, {failed, record_of("third")}));
      ASSERT_TRUE(store->tend());
      ASSERT_TRUE(append(*store, {slow}));
      ASSERT_TRUE(append(*store, {record_of("sixth")}));
    }
    for (const auto& entry : fs::directory_iterator(log_.directory)) {
      original_[entry.path()] = read(entry.path());
    }
    ASSERT_EQ(partitions().size(), 2U);
  }

  std::vector<std::string> partitions() const {
    std::vector<std::string> paths;
    const auto listed = list_partitions(log_.directory);
    for (const Partition& each : *listed) paths.push_back(each.path);
    return paths;
  }
  void restore() const {
    for (const auto& entry : fs::directory_iterator(log_.directory)) {
      if (!original_.contains(entry.path())) fs::remove(entry.path());
    }
    for (const auto& [path, bytes] : original_) write(path, bytes);
  }
  Result<VerifyReport> check(const VerifyOptions& options = {}) const {
    return verify(log_.directory, options);
  }
  // Broken, and so plainly that the answer is 1, not 2.
  void expect_found(std::string_view what) const {
    const Result<VerifyReport> report = check();
    ASSERT_TRUE(report) << what << ": " << report.error().message;
    EXPECT_GT(report->damage_count, 0) << what << " was not found";
  }
  static void execute(const std::string& partition, const std::string& sql) {
    auto file = sqlite::Database::open(partition, SQLITE_OPEN_READWRITE);
    ASSERT_TRUE(file->execute("PRAGMA synchronous = OFF"));
    const Result<void> done = file->execute(sql.c_str());
    ASSERT_TRUE(done) << sql << ": " << done.error().message;
  }
  void expect_found_after(const std::string& partition, const std::string& sql) const {
    execute(partition, sql);
    expect_found(sql);
    restore();
  }
  // Every row of every table, as text.
  static std::string contents(const std::string& partition) {
    auto file = sqlite::Database::open_for_reading(partition);
    std::string all;
    for (const char* table : {"record", "payload", "checkpoint", "blob"}) {
      auto rows = file ? file->prepare(std::string("SELECT * FROM ") + table)
                       : Result<sqlite::Statement>(fail(ErrorCode::kIo, ""));
      if (!rows) return "unreadable";
      for (;;) {
        const Result<bool> row = rows->step();
        if (!row) return "unreadable";
        if (!*row) break;
        for (int column = 0; column < rows->columns(); ++column) {
          all += rows->is_blob(column) ? 'b' : rows->is_text(column) ? 't' : 'i';
          all += rows->text(column);
          all += '|';
        }
        all += '\n';
      }
    }
    return all;
  }

  TestLog log_;
  std::map<fs::path, std::string> original_;
};

TEST_F(VerifyTest, AnUntouchedLogIsProven) {
  const Result<VerifyReport> report = check({.deep = true});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->damage_count, 0) << report->damages.front().what;
  EXPECT_EQ(report->partitions, 2);
  EXPECT_EQ(report->entries, 7);
  EXPECT_EQ(report->records, 5);
  EXPECT_EQ(report->intents, 2);  // the second where the call moved on to the next partition
  EXPECT_EQ(report->blobs, 1);
  EXPECT_EQ(report->missing, 0);
  EXPECT_EQ(report->proven, 7);
  EXPECT_EQ(report->in_doubt, 0);
  EXPECT_EQ(report->under_way, 0);
  EXPECT_TRUE(report->closed);
  EXPECT_EQ(report->head.number, report->checkpoints);
}

TEST_F(VerifyTest, SaysWhichEntryWasChanged) {
  execute(partitions()[0], "UPDATE payload SET json = replace(json, '\"no\"', '\"yes\"')");
  const Result<VerifyReport> report = check();
  ASSERT_TRUE(report);
  ASSERT_GE(report->damages.size(), 2U);
  EXPECT_EQ(report->damages[0].file, partitions()[0]);
  EXPECT_EQ(report->damages[0].seq, 3);
  EXPECT_THAT(report->damages[0].what, HasSubstr("failed_-_1000"));
  // And who had made the leaf fit again would be found by the tree.
  EXPECT_THAT(report->damages[1].what, HasSubstr("not those that checkpoint"));
  EXPECT_EQ(report->proven, report->entries - 2);  // what the first checkpoint covers, and the rest
}

// Each byte of the partition files, of the head and of the keys, one after the other. What SQLite
// does not use may change; what a reader sees may not, unseen.
TEST_F(VerifyTest, EveryByteThatIsChangedIsFound) {
  for (const auto& [path, bytes] : original_) {
    const bool is_partition = path.extension() == ".db";
    if (!is_partition && path.filename() != "head" && path.filename() != "public-keys") continue;
    const std::string before = is_partition ? contents(path) : "";
    std::size_t found = 0, unused = 0;
    std::string changed = bytes;
    for (std::size_t at = 0; at < bytes.size(); at += kStride) {
      // Between the cells of a page there is nothing but zeros; some of them will do.
      if (is_partition && at % 61 != 0 &&
          bytes.substr(at < 8 ? 0 : at - 8, 17) == std::string(17, '\0'))
        continue;
      changed[at] = static_cast<char>(bytes[at] ^ (at % 2 == 0 ? 0x01 : 0x20));
      write(path, changed);
      const Result<VerifyReport> report = check();
      if (report && report->damage_count == 0) {
        ASSERT_TRUE(is_partition) << path << " at " << at;
        ASSERT_TRUE(contents(path) == before || report->missing > 0) << path << " at " << at;
        ++unused;
      } else {
        ++found;
      }
      changed[at] = bytes[at];
    }
    restore();
    EXPECT_GT(found, 0U) << path << ", " << unused << " bytes are unused";
  }
}

// Each byte of each value of each row, so that nothing depends on where SQLite puts it.
TEST_F(VerifyTest, EveryByteOfEveryValueIsFound) {
  const std::string partition = partitions()[1];
  for (const char* place : {"payload.json", "payload.leaf", "payload.kind", "record.tool_call_id",
                            "record.start_ms", "record.duration_ms", "record.tool", "record.status",
                            "checkpoint.body", "checkpoint.signature"}) {
    const std::string text(place), table = text.substr(0, text.find('.')),
                                   column = text.substr(text.find('.') + 1);
    std::vector<std::pair<std::int64_t, std::string>> values;
    {
      auto file = sqlite::Database::open_for_reading(partition);
      auto rows = file->prepare("SELECT rowid, " + column + " FROM " + table);
      while (rows->step().value()) values.emplace_back(rows->integer(0), rows->text(1));
    }
    ASSERT_FALSE(values.empty()) << place;
    for (const auto& [row, value] : values) {
      for (std::size_t at = 0; at < value.size(); ++at) {
        std::string changed = value;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        auto file = sqlite::Database::open(partition, SQLITE_OPEN_READWRITE);
        ASSERT_TRUE(file->execute("PRAGMA synchronous = OFF"));
        const bool is_blob = column == "leaf" || column == "signature";
        auto update = file->prepare("UPDATE " + table + " SET " + column + " = " +
                                    (is_blob ? "?" : "CAST(? AS TEXT)") + " WHERE rowid = ?");
        update->bind_blob(1, std::string_view(changed));
        update->bind(2, row);
        ASSERT_TRUE(update->run());
        const Result<VerifyReport> report = check();
        EXPECT_TRUE(!report || report->damage_count > 0) << place << " at " << at;
      }
      restore();
    }
  }
}

TEST_F(VerifyTest, RemovedMovedInsertedAndSwappedEntriesAreFound) {
  for (const std::string& partition : partitions()) {
    std::int64_t first = 0, last = 0;
    {
      auto file = sqlite::Database::open_for_reading(partition);
      first = file->integer("SELECT min(seq) FROM payload").value();
      last = file->integer("SELECT max(seq) FROM payload").value();
    }
    for (std::int64_t seq = first; seq <= last; ++seq) {
      const std::string s = std::to_string(seq);
      const auto both = [](const std::string& before, const std::string& after) {
        return before + " payload " + after + "; " + before + " record " + after + ";";
      };
      expect_found_after(partition, "DELETE FROM payload WHERE seq = " + s);
      expect_found_after(partition, both("DELETE FROM", "WHERE seq = " + s));
      // Removed, and the ones behind it move up.
      expect_found_after(partition, both("DELETE FROM", "WHERE seq = " + s) +
                                        both("UPDATE", "SET seq = -seq WHERE seq > " + s) +
                                        both("UPDATE", "SET seq = -seq - 1 WHERE seq < 0"));
      // Put in once more, and the ones behind it move down.
      expect_found_after(partition, both("UPDATE", "SET seq = -seq WHERE seq >= " + s) +
                                        "INSERT INTO payload SELECT " + s +
                                        ", kind, json, leaf FROM payload WHERE seq = -" + s + ";" +
                                        both("UPDATE", "SET seq = -seq + 1 WHERE seq < 0"));
      for (std::int64_t other = first; other < seq; ++other) {
        const std::string o = std::to_string(other);
        expect_found_after(partition, both("UPDATE", "SET seq = -1 WHERE seq = " + s) +
                                          both("UPDATE", "SET seq = " + s + " WHERE seq = " + o) +
                                          both("UPDATE", "SET seq = " + o + " WHERE seq = -1"));
      }
    }
    expect_found_after(partition,
                       "INSERT INTO payload SELECT max(seq) + 1, 1, '{}', x'' FROM payload");
    expect_found_after(partition, "DELETE FROM payload; DELETE FROM record");
    expect_found_after(partition,
                       "DELETE FROM payload; DELETE FROM record; DELETE FROM checkpoint");
  }
}

TEST_F(VerifyTest, ValuesOfAnotherTypeAreFound) {
  const std::string partition = partitions()[0];
  for (const char* sql :
       {"UPDATE payload SET json = CAST(json AS BLOB)", "UPDATE payload SET kind = x'30'",
        "UPDATE payload SET kind = 3 WHERE seq = 2", "UPDATE record SET backend = ''",
        "UPDATE record SET duration_ms = 5.5", "UPDATE record SET tool = CAST(tool AS BLOB)",
        "INSERT INTO record SELECT 1, tool_call_id, start_ms, duration_ms, tool, backend, status, "
        "parent_id, session_id, principal, trace_id, script_hash FROM record LIMIT 1",
        "UPDATE blob SET bytes = 'what was asked'", "UPDATE blob SET bytes = x'00'",
        "UPDATE blob SET digest = 'sha256:' || hex(zeroblob(32))"}) {
    expect_found_after(partition, sql);
  }
}

TEST_F(VerifyTest, AContentThatWasErasedIsTold) {
  execute(partitions()[0], "DELETE FROM blob");
  const Result<VerifyReport> report = check();
  EXPECT_EQ(report->damage_count, 0);
  EXPECT_EQ(report->missing, 1);
}

TEST_F(VerifyTest, CheckpointsThatWereTamperedWithAreFound) {
  for (const std::string& partition : partitions()) {
    std::int64_t count = 0, first = 0;
    {
      auto file = sqlite::Database::open_for_reading(partition);
      count = file->integer("SELECT count(*) FROM checkpoint").value();
      first = file->integer("SELECT min(number) FROM checkpoint").value();
    }
    for (std::int64_t number = first; number < first + count; ++number) {
      const std::string n = std::to_string(number);
      expect_found_after(partition, "DELETE FROM checkpoint WHERE number = " + n);
      expect_found_after(partition, "UPDATE checkpoint SET number = 99 WHERE number = " + n);
      expect_found_after(partition,
                         "INSERT INTO checkpoint SELECT 99, body, signature FROM "
                         "checkpoint WHERE number = " +
                             n);
      expect_found_after(partition, "UPDATE checkpoint SET signature = x'' WHERE number = " + n);
      expect_found_after(partition, "UPDATE checkpoint SET body = '' WHERE number = " + n);
    }
    expect_found_after(partition, "DELETE FROM checkpoint");
  }
}

TEST_F(VerifyTest, FilesThatWereRemovedOrMovedAreFound) {
  for (const std::string& partition : partitions()) {
    fs::remove(partition);
    expect_found("without " + partition);
    restore();
  }
  fs::rename(partitions()[1], partition_path(log_.directory, 9));
  expect_found("renamed");
  restore();
  fs::remove(head_path(log_.directory));
  expect_found("without a head");
  restore();
}

// Cut back to where the first checkpoint was, as if nothing had come after it.
TEST_F(VerifyTest, ALogThatWasCutIsFoundByItsHead) {
  fs::remove(partitions()[1]);
  execute(partitions()[0],
          "DELETE FROM checkpoint WHERE number > 1; DELETE FROM payload WHERE seq > 2; DELETE FROM "
          "record WHERE seq > 2");
  const Result<VerifyReport> cut = check();
  ASSERT_TRUE(cut);
  ASSERT_EQ(cut->damage_count, 1);
  EXPECT_THAT(cut->damages[0].what, HasSubstr("does not have checkpoint"));

  // With the head put back as well, only a copy of the head that lies elsewhere can tell.
  const auto copied = parse_signed_checkpoint(original_[head_path(log_.directory)]);
  SignedCheckpoint earlier;
  {
    auto file = sqlite::Database::open_for_reading(partitions()[0]);
    auto row = file->prepare("SELECT number, body, signature FROM checkpoint");
    ASSERT_TRUE(row->step().value());
    const CheckpointRow first(*row);
    earlier = {.body = std::string(first.body), .signature = first.signature};
  }
  ASSERT_TRUE(publish_head(log_.directory, earlier));
  const Result<VerifyReport> alone = check();
  EXPECT_EQ(alone->damage_count, 0);
  EXPECT_FALSE(alone->closed);
  EXPECT_EQ(check({.heads = {*copied}})->damage_count, 1);
}

TEST_F(VerifyTest, AFileThatWasJustBeingMadeIsNoDamage) {
  write(partition_path(log_.directory, 8), "");
  const Result<VerifyReport> report = check();
  EXPECT_EQ(report->damage_count, 0) << report->damages[0].what;
  EXPECT_EQ(report->partitions, 3);
}

TEST_F(VerifyTest, ALogOfAnotherKeyIsNotTrusted) {
  Result<VerifyReport> report = check({.trusted = {PublicKey{}}});
  ASSERT_TRUE(report);
  EXPECT_THAT(report->damages[0].what, HasSubstr("not trusted"));
  fs::remove(public_keys_path(log_.directory));
  report = check();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(report.error().message, HasSubstr("--key"));
}

TEST_F(VerifyTest, WithoutALogItCannotTell) {
  EXPECT_EQ(verify(log_.root / "none", {.trusted = {PublicKey{}}}).error().code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace larkspur::execlog
