// How durations and sizes are written: 500ms, 30s, 1m30s; 4096, 64KiB, 1GiB.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larkspur::config {

// Longer than any sensible timeout, short enough for every clock.
inline constexpr std::chrono::milliseconds kMaxDuration = std::chrono::hours(24 * 365);

// nullopt for everything else, a missing unit and an overflow included. "0" needs no unit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::milliseconds value);

// B, KiB, MiB and GiB count in 1024s; a bare number is bytes. KB and MB are refused, since people
// mean both 1000 and 1024 by them.
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

}  // namespace larkspur::config
