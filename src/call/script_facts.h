// What the log keeps of a script beside what it keeps of every call: how it ended, and all that an
// exact re-run needs but the results of its calls, which are in their own records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace larkspur::call {

// The tools that a script could see, as one text: a JSON array of their definitions, in the order
// of the list. Immutable, and shared by all scripts that saw the same.
struct ToolsSeen {
  std::string definitions;
  std::string digest;  // "sha256:" + 64 hex digits of it
};

// What bounds a run and decides with the script and the results how it goes. Bytes, counts.
struct ScriptLimits {
  std::uint64_t steps = 0;
  std::size_t memory_bytes = 0;
  std::uint32_t depth = 0;
  std::uint32_t calls = 0;
  std::uint32_t parallel = 0;
  std::size_t print_bytes = 0;
  std::size_t output_bytes = 0;
  std::int64_t clock_ms = 0;  // what the script takes for the time, since 1970
};

struct ScriptFacts {
  std::string hash;  // "sha256:" + 64 hex digits
  std::uint64_t steps = 0;
  std::uint32_t tool_count = 0;  // inner calls made
  bool parallel_used = false;
  std::uint64_t calls_saved = 0;  // see ScriptOutcome
  std::uint64_t bytes_kept = 0;
  std::string error_type;  // of reference/telemetry.md ("memory_limit"); "" for success
  std::string error;       // for the log's error field
  bool compiled = false;   // false: it failed before anything ran

  std::string data;  // a raw JSON object, or ""
  ScriptLimits limits;
  std::shared_ptr<const ToolsSeen> tools;  // null: it failed before they were looked at
};

}  // namespace larkspur::call
