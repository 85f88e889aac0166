// The severities of notifications/message (RFC 5424, as MCP spells them).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace larkspur::mcp::server {

inline constexpr std::array<std::string_view, 8> kLogLevels = {
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};

// 0 for debug to 7 for emergency; nullopt for every other word.
constexpr std::optional<std::size_t> log_severity(std::string_view level) {
  for (std::size_t i = 0; i < kLogLevels.size(); ++i) {
    if (kLogLevels[i] == level) return i;
  }
  return std::nullopt;
}

}  // namespace larkspur::mcp::server
