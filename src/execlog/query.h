// Questions to the log. A Reader works beside a gateway that writes, from another process too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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

// What a question asks for; an empty member asks for anything.
struct Filter {
  std::string tool;         // exact name
  std::string backend;      // exact name; the cluster of a built-in tool
  std::string principal;    // exact id
  std::string session_id;   // exact
  std::string script_hash;  // "sha256:…", or its beginning with or without that word
  std::optional<Status> status;
  std::optional<EpochMs> since, until;      // started at or after; before
  std::optional<std::int64_t> slower_than;  // took longer than so many milliseconds
  std::string text;  // somewhere in the record's JSON; ASCII letters of either case are the same
  std::string id_prefix;       // of tool_call_id
  bool top_level_only = true;  // leave out what scripts called

  // A page: records after or before a number of the log, the newest or the oldest of them first.
  std::int64_t after_seq = 0, before_seq = 0;  // 0: from the end
  bool oldest_first = false;
  std::size_t limit = 50;  // at most kMaxRows
};

inline constexpr std::size_t kMaxRows = 10'000;

// What statistics need of a call.
struct CallFigures {
  std::string_view tool;  // valid until the visit returns
  std::string_view status;
  std::int64_t duration_ms = 0;
};

class Reader {
 public:
  virtual ~Reader() = default;

  virtual Result<std::vector<StoredRecord>> list(const Filter& filter) = 0;
  // Shows every record that the filter asks for, however many they are, in its order, as the JSON
  // of the audit view; ends when `visit` says false.
  virtual Result<void> each(
      const Filter& filter,
      const std::function<bool(std::int64_t seq, std::string_view json)>& visit) = 0;
  // The same without reading the records themselves, in no order: many times faster.
  virtual Result<void> each_figures(const Filter& filter,
                                    const std::function<void(const CallFigures&)>& visit) = 0;
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
