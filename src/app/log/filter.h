// What `larkspur log` and the HTTP API let people filter by, as they write it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "execlog/query.h"

namespace larkspur::app::log {

// As typed; "" where nothing was.
struct FilterWords {
  std::string tool, backend, principal, session, script, text;
  std::string status;        // a word of the vocabulary
  std::string since, until;  // "30m", "2h", "7d" ago, or ISO 8601
  std::string slower_than;   // "250ms", "2s", "1m", or milliseconds
  bool all = false;          // the inner calls of scripts, too
};

// kInvalidArgument for words that mean nothing, with what to write instead; `prefix` stands before
// the name of what is wrong ("--since").
Result<execlog::Filter> read_filter(const FilterWords& words, std::string_view prefix);

}  // namespace larkspur::app::log
