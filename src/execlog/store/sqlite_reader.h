// Reads the directory that a SqliteStore writes, from any process, while it is being written. Never
// writes, never checkpoints, holds no lock between two questions. One thread at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "execlog/query.h"
#include "execlog/store/partitions.h"
#include "execlog/store/sql_conditions.h"
#include "execlog/store/sqlite.h"

namespace larkspur::execlog {

class SqliteReader : public Reader {
 public:
  explicit SqliteReader(std::string directory) : directory_(std::move(directory)) {}

  Result<std::vector<StoredRecord>> list(const Filter& filter) override;
  Result<void> each(
      const Filter& filter,
      const std::function<bool(std::int64_t seq, std::string_view json)>& visit) override;
  Result<void> each_figures(const Filter& filter,
                            const std::function<void(const CallFigures&)>& visit) override;
  Result<StoredRecord> find(std::string_view id) override;
  Result<std::vector<StoredRecord>> children(std::string_view id) override;
  Result<std::string> blob(std::string_view digest) override;

 private:
  // Calls visit(row, partition) for the rows that `columns` asks for, partition by partition; the
  // row shows one result of the statement. False from `visit` ends it.
  Result<void> select(
      std::string_view columns, const SqlConditions& conditions, std::size_t limit,
      const std::function<Result<bool>(sqlite::Statement& row, const Partition& partition)>& visit);
  Result<std::vector<StoredRecord>> records(const SqlConditions& conditions, std::size_t limit);

  std::string directory_;
};

}  // namespace larkspur::execlog
