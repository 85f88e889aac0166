#include "config/values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace larkspur::config {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first, so that formatting takes the largest that divides.
constexpr std::array<Unit, 4> kTimes{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizes{
    {{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}}};

constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();

// Takes "30s" off the front of `text` and returns it in the smallest unit.
std::optional<std::uint64_t> take_quantity(std::string_view& text, std::span<const Unit> units) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    if (count > kMax / unit.factor) return std::nullopt;
    text.remove_prefix(name.size());
    return count * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  std::uint64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto part = take_quantity(text, kTimes);
    if (!part || *part > kMax - total) return std::nullopt;
    total += *part;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

std::string format_duration(std::chrono::milliseconds value) {
  const auto count = static_cast<std::uint64_t>(value.count());
  if (count == 0) return "0";
  for (const Unit& unit : kTimes) {
    // 60s reads better than 1m, 90s better than 90000ms.
    if (count % unit.factor == 0 && count / unit.factor > 1) {
      return fmt::format("{}{}", count / unit.factor, unit.name);
    }
  }
  return fmt::format("{}ms", count);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error == std::errc{} && end == text.data() + text.size() && bytes <= kMax) return bytes;
  const auto size = take_quantity(text, kSizes);
  return size && text.empty() ? size : std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  for (const Unit& unit : kSizes) {
    if (bytes != 0 && bytes % unit.factor == 0) {
      return fmt::format("{}{}", bytes / unit.factor, unit.name);
    }
  }
  return "0";
}

}  // namespace larkspur::config
