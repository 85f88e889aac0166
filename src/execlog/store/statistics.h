// How often, how well and how fast: calls by tool, and what they called outside by kind and api.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "execlog/query.h"

namespace larkspur::execlog {

// One line of a table. Durations are milliseconds; percentiles are exact, by the nearest rank.
struct StatisticsRow {
  std::string name;
  std::uint64_t calls = 0, errors = 0;
  std::int64_t p50_ms = 0, p95_ms = 0, p99_ms = 0, longest_ms = 0;
};

struct Statistics {
  std::vector<StatisticsRow> tools;  // the most calls first
  std::vector<StatisticsRow> apis;   // "mcp tools/call @github", "openapi DescribeClusters", …
};

// Everything that is not a success counts as an error. Memory: four bytes a call.
class Tally {
 public:
  void add(std::string_view name, std::string_view status, std::int64_t duration_ms);
  std::vector<StatisticsRow> rows();  // once

 private:
  struct Group {
    std::uint64_t errors = 0;
    std::vector<std::uint32_t> durations;
  };
  std::map<std::string, Group, std::less<>> groups_;
};

// Of all records that `filter` asks for, its limit aside. Reads the records whole only where they
// may have called outside.
Result<Statistics> statistics(Reader& reader, const Filter& filter);

// {"tools": [{"name", "calls", "errors", "p50_ms", "p95_ms", "p99_ms", "longest_ms"}, …], "apis":
// …}
std::string to_json(const Statistics& statistics);
// Two tables for a terminal.
std::string render(const Statistics& statistics);

}  // namespace larkspur::execlog
