// The ids of events on streams that can be resumed: which stream, and which event of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larkspur::mcp::server {

struct EventId {
  std::size_t loop = 0;  // where the stream is kept
  std::uint64_t stream = 0;
  std::uint64_t event = 0;  // 0 is the one that opens the stream

  bool operator==(const EventId&) const = default;
};

std::string to_text(const EventId& id);  // "0-17-4"

// What a Last-Event-ID header says; nullopt for anything that to_text() does not write.
std::optional<EventId> parse_event_id(std::string_view text);

}  // namespace larkspur::mcp::server
