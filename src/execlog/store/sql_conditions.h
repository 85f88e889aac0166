// A question to the log as SQL over the tables of one partition (sqlite_schema.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "execlog/query.h"
#include "execlog/store/partitions.h"
#include "execlog/store/sqlite.h"

namespace larkspur::execlog {

class SqlConditions {
 public:
  SqlConditions() = default;  // everything, the newest first
  explicit SqlConditions(const Filter& filter);

  void add(std::string_view condition, std::variant<std::int64_t, std::string> value);
  void add_prefix(std::string_view column, std::string_view prefix);
  void in_no_order() { ordered_ = false; }

  // "SELECT columns FROM … WHERE … ORDER BY seq … LIMIT ?"
  std::string select(std::string_view columns) const;
  void bind(sqlite::Statement& statement, std::size_t limit) const;

  // Leaves only the partitions that may have such records, in the order in which they are asked.
  void leave_out(std::vector<Partition>& partitions) const;

 private:
  std::string where_ = "1";
  std::vector<std::variant<std::int64_t, std::string>> values_;
  std::int64_t after_seq_ = 0, before_seq_ = 0;
  bool oldest_first_ = false;
  bool ordered_ = true;
  bool needs_payload_ = false;
};

}  // namespace larkspur::execlog
