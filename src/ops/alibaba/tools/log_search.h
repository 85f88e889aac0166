// Searching the Log Service from a tool: queries that nobody can break out of, and rows as entries.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "ops/alibaba/tools/support.h"
#include "ops/time_range.h"

namespace larkspur::ops::alibaba {

// One condition of a search, `field: "value"` with the value quoted, so that it is always a value.
// A value that ends with * is a prefix: `field: value*`; a prefix may hold A-Za-z0-9._@- only.
// kInvalidArgument for control characters, for "*" alone, and for other prefixes.
Result<std::string> condition(std::string_view field, std::string_view value);

// start_time, end_time, limit and order.
Parameter log_start_parameter();
Parameter log_end_parameter();
Parameter log_limit_parameter();
Parameter log_order_parameter();

// Entries of a log tool's output, cut at a size that a model can bear.
struct LogEntries {
  std::string json = "[]";
  std::int64_t count = 0;
  std::string lacks;  // what the answer lacks: rows that were not searched, or that did not fit
};
LogEntries entries_of(const LogAnswer& answer,
                      const std::function<void(json::Writer& out, json::Value row)>& write);

// The row's time, ISO 8601 in UTC: `__time__` holds Unix seconds. null where there is none.
void write_row_time(json::Writer& out, json::Value row);

}  // namespace larkspur::ops::alibaba
