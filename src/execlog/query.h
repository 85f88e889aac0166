// Questions to the log. A Reader works beside a gateway that writes, from another process too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "execlog/record.h"

namespace larkspur::execlog {

struct StoredRecord {
  std::int64_t seq = 0;  // its number in the log, without gaps, in the order of completion
  Record record;
};

struct Filter {
  std::string tool;              // exact name; "" = any
  std::optional<Status> status;  //
  std::optional<EpochMs> since;  // started at or after
  std::string id_prefix;         // of tool_call_id
  bool top_level_only = true;    // leave out what scripts called
  std::size_t limit = 50;        // at most kMaxRows
};

inline constexpr std::size_t kMaxRows = 10'000;

class Reader {
 public:
  virtual ~Reader() = default;

  // The newest first (by completion).
  virtual Result<std::vector<StoredRecord>> list(const Filter& filter) = 0;
  // The one whose id is, or uniquely begins with, `id`. kNotFound; kInvalidArgument where several
  // do, with the first few in the message.
  virtual Result<StoredRecord> find(std::string_view id) = 0;
  // What `id` called, in the order of place and start; at most kMaxRows.
  virtual Result<std::vector<StoredRecord>> children(std::string_view id) = 0;
  // The content of this digest ("sha256:…"). kNotFound when it was never kept, or is gone with its
  // records.
  virtual Result<std::string> blob(std::string_view digest) = 0;
};

}  // namespace larkspur::execlog
