// A directory for a log that a test writes, and records to fill it with.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "execlog/call_id.h"
#include "execlog/store/sqlite_store.h"

namespace larkspur::execlog {

class TestLog {
 public:
  TestLog() {
    std::string pattern = std::filesystem::temp_directory_path() / "execlog-test-XXXXXX";
    root = mkdtemp(pattern.data());
    directory = root / "log";
  }
  ~TestLog() { std::filesystem::remove_all(root); }
  TestLog(const TestLog&) = delete;
  TestLog& operator=(const TestLog&) = delete;

  SqliteStore::Options options() const { return {.directory = directory}; }
  std::unique_ptr<SqliteStore> open(SqliteStore::Options how) const {
    Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(std::move(how));
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }

  std::filesystem::path root;
  std::string directory;
};

inline Record record_of(std::string tool, EpochMs when = 1000) {
  Record record;
  record.tool_call_id = make_tool_call_id(tool, "", when);
  record.tool_name = std::move(tool);
  record.start_time = when;
  record.end_time = when + 5;
  record.duration_ms = 5;
  record.status = Status::kSuccess;
  return record;
}

inline Record intent_of(std::string tool, EpochMs when = 1000) {
  Record intent = record_of(std::move(tool), when);
  intent.end_time.reset();
  intent.duration_ms.reset();
  intent.status = Status::kRunning;
  return intent;
}

inline Result<void> append(SqliteStore& store, std::vector<Record> records,
                           const std::vector<Blob>& blobs = {}, std::vector<Record> intents = {}) {
  std::vector<Record*> rows, begun;
  for (Record& record : records) rows.push_back(&record);
  for (Record& intent : intents) begun.push_back(&intent);
  std::vector<const Blob*> contents;
  for (const Blob& blob : blobs) contents.push_back(&blob);
  return store.append({.records = rows, .blobs = contents, .intents = begun});
}

}  // namespace larkspur::execlog
