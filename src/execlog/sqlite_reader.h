// Reads the directory that a SqliteStore writes, from any process, while it is being written. Never
// writes, never checkpoints, holds no lock between two questions. One thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "execlog/partitions.h"
#include "execlog/query.h"
#include "execlog/sqlite.h"

namespace larkspur::execlog {

class SqliteReader : public Reader {
 public:
  explicit SqliteReader(std::string directory) : directory_(std::move(directory)) {}

  Result<std::vector<StoredRecord>> list(const Filter& filter) override;
  Result<StoredRecord> find(std::string_view id) override;
  Result<std::vector<StoredRecord>> children(std::string_view id) override;
  Result<std::string> blob(std::string_view digest) override;

 private:
  struct Conditions;

  // The newest `limit` records that meet the conditions, newest first, over all partitions.
  Result<std::vector<StoredRecord>> select(const Conditions& conditions, std::size_t limit);

  std::string directory_;
};

}  // namespace larkspur::execlog
