#include "mcp/server/event_id.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace larkspur::mcp::server {

std::string to_text(const EventId& id) {
  return fmt::format("{}-{}-{}", id.loop, id.stream, id.event);
}

std::optional<EventId> parse_event_id(std::string_view text) {
  std::array<std::uint64_t, 3> parts{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && (at == end || *at++ != '-')) return std::nullopt;
    const auto [rest, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc()) return std::nullopt;
    at = rest;
  }
  const EventId id{static_cast<std::size_t>(parts[0]), parts[1], parts[2]};
  if (at != end || to_text(id) != text) return std::nullopt;  // leading zeros
  return id;
}

}  // namespace larkspur::mcp::server
