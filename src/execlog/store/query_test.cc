// Questions to a log of several partitions.
#include "execlog/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "execlog/store/sqlite_reader.h"
#include "execlog/store/sqlite_store.h"

namespace larkspur::execlog {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Ten records, three in a partition: record n started at n seconds and took n * 10 ms.
class QueryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "execlog-query-XXXXXX";
    root_ = mkdtemp(pattern.data());
    auto store = SqliteStore::open({.directory = root_, .partition_records = 3});
    ASSERT_TRUE(store) << store.error().message;
    for (std::int64_t n = 1; n <= 10; ++n) {
      Record record;
      record.tool_name = n % 2 == 0 ? "even" : "odd";
      record.tool_call_id =
          record.tool_name + (n < 6 ? "_github_" : "_files_") + std::to_string(n) + "-0";
      record.start_time = n * 1000;
      record.end_time = record.start_time + n * 10;
      record.duration_ms = n * 10;
      record.status = n == 7 ? Status::kFailed : Status::kSuccess;
      if (n == 7) record.error = "Disk 100% full_";
      if (n == 3) record.parent_id = "odd_github_1-0";
      if (n == 4) record.script = ScriptInfo{.hash = "sha256:" + std::string(64, 'a')};
      record.principal = Principal{.id = n > 8 ? "alice" : "bob"};
      record.request.session_id = n == 5 ? "s5" : "";
      Record* const records[] = {&record};
      ASSERT_TRUE((*store)->append({.records = records, .blobs = {}}));
    }
  }
  void TearDown() override { fs::remove_all(root_); }

  std::vector<std::int64_t> ask(Filter filter) {
    filter.top_level_only = top_level_only_;
    SqliteReader reader(root_);
    std::vector<std::int64_t> seqs, streamed;
    const auto rows = reader.list(filter);
    EXPECT_TRUE(rows) << rows.error().message;
    if (rows) {
      for (const StoredRecord& row : *rows) seqs.push_back(row.seq);
    }
    EXPECT_TRUE(reader.each(filter, [&](std::int64_t seq, std::string_view) {
      streamed.push_back(seq);
      return streamed.size() < filter.limit;
    }));
    EXPECT_EQ(seqs, streamed);
    return seqs;
  }

  std::string root_;
  bool top_level_only_ = false;
};

TEST_F(QueryTest, EveryFilterAsksForWhatItSays) {
  EXPECT_THAT(ask({.tool = "even"}), ElementsAre(10, 8, 6, 4, 2));
  EXPECT_THAT(ask({.backend = "github"}), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(ask({.principal = "alice"}), ElementsAre(10, 9));
  EXPECT_THAT(ask({.session_id = "s5"}), ElementsAre(5));
  EXPECT_THAT(ask({.script_hash = "sha256:aaa"}), ElementsAre(4));
  EXPECT_THAT(ask({.script_hash = "aaaa"}), ElementsAre(4));
  EXPECT_THAT(ask({.script_hash = "b"}), IsEmpty());
  EXPECT_THAT(ask({.status = Status::kFailed}), ElementsAre(7));
  EXPECT_THAT(ask({.since = 9000}), ElementsAre(10, 9));
  EXPECT_THAT(ask({.since = 4000, .until = 6000}), ElementsAre(5, 4));
  EXPECT_THAT(ask({.slower_than = 80}), ElementsAre(10, 9));
  EXPECT_THAT(ask({.id_prefix = "odd_files_7"}), ElementsAre(7));
  EXPECT_THAT(ask({.tool = "odd", .backend = "files", .principal = "bob"}), ElementsAre(7));
  top_level_only_ = true;
  EXPECT_THAT(ask({.backend = "github"}), ElementsAre(5, 4, 2, 1));
}

TEST_F(QueryTest, TextIsFoundAsItStands) {
  EXPECT_THAT(ask({.text = "disk 100% FULL_"}), ElementsAre(7));
  EXPECT_THAT(ask({.text = "100%"}), ElementsAre(7));
  EXPECT_THAT(ask({.text = "%"}), ElementsAre(7));
  EXPECT_THAT(ask({.text = "disk_100"}), IsEmpty());
}

TEST_F(QueryTest, PagesMeetWithoutGapOrRepetition) {
  std::vector<std::int64_t> all;
  for (Filter filter{.limit = 4};;) {
    const auto page = ask(filter);
    if (page.empty()) break;
    all.insert(all.end(), page.begin(), page.end());
    filter.before_seq = page.back();
  }
  EXPECT_THAT(all, ElementsAre(10, 9, 8, 7, 6, 5, 4, 3, 2, 1));
  all.clear();
  for (Filter filter{.oldest_first = true, .limit = 3};;) {
    const auto page = ask(filter);
    if (page.empty()) break;
    all.insert(all.end(), page.begin(), page.end());
    filter.after_seq = page.back();
  }
  EXPECT_THAT(all, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(ask({.after_seq = 6, .before_seq = 9}), ElementsAre(8, 7));
  EXPECT_THAT(ask({.after_seq = 10}), IsEmpty());
}

TEST_F(QueryTest, FiguresAreOfTheSameRecords) {
  SqliteReader reader(root_);
  std::int64_t total = 0, failed = 0;
  ASSERT_TRUE(
      reader.each_figures({.tool = "odd", .top_level_only = false}, [&](const CallFigures& call) {
        EXPECT_EQ(call.tool, "odd");
        total += call.duration_ms;
        failed += call.status == "failed";
      }));
  EXPECT_EQ(total, 10 + 30 + 50 + 70 + 90);
  EXPECT_EQ(failed, 1);
}

}  // namespace
}  // namespace larkspur::execlog
