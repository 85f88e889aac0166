// Lengths of time as Go writes them.
#include <fmt/format.h>

#include <limits>

#include "starlark/lib/calendar.h"

namespace larkspur::starlark::lib {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string format_duration(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const bool negative = nanoseconds < 0;
  const std::uint64_t n = negative ? 0 - static_cast<std::uint64_t>(nanoseconds)
                                   : static_cast<std::uint64_t>(nanoseconds);
  const auto with_fraction = [](std::uint64_t whole, std::uint64_t part, std::size_t digits) {
    std::string text = fmt::format("{}.{:0{}}", whole, part, digits);
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    return text;
  };
  std::string out = negative ? "-" : "";
  if (n < 1'000) return out + std::to_string(n) + "ns";
  if (n < 1'000'000) return out + with_fraction(n / 1'000, n % 1'000, 3) + "µs";
  if (n < 1'000'000'000) return out + with_fraction(n / 1'000'000, n % 1'000'000, 6) + "ms";
  const std::uint64_t seconds = n / 1'000'000'000;
  if (seconds >= 3600) out += std::to_string(seconds / 3600) + "h";
  if (seconds >= 60) out += std::to_string(seconds / 60 % 60) + "m";
  return out + with_fraction(seconds % 60, n % 1'000'000'000, 9) + "s";
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
  };
  static constexpr Unit kUnits[] = {
      {"ns", 1},         {"us", 1'000},        {"µs", 1'000},         {"μs", 1'000},
      {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
  bool negative = false;
  if (text.starts_with('-') || text.starts_with('+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t whole = 0, part = 0, scale = 1;
    std::size_t i = 0, digits = 0;
    for (; i < text.size() && is_digit(text[i]); ++i, ++digits) {
      if (__builtin_mul_overflow(whole, 10, &whole) ||
          __builtin_add_overflow(whole, text[i] - '0', &whole)) {
        return std::nullopt;
      }
    }
    if (i < text.size() && text[i] == '.') {
      for (++i; i < text.size() && is_digit(text[i]); ++i, ++digits) {
        if (scale > std::numeric_limits<std::int32_t>::max() / 10) continue;
        part = part * 10 + (text[i] - '0');
        scale *= 10;
      }
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(i);
    const Unit* unit = nullptr;
    for (const Unit& each : kUnits) {
      if (!text.starts_with(each.name)) continue;
      if (unit == nullptr || each.name.size() > unit->name.size()) unit = &each;
    }
    if (unit == nullptr) return std::nullopt;
    text.remove_prefix(unit->name.size());
    std::int64_t size = 0;
    const auto fraction = static_cast<std::int64_t>(
        static_cast<double>(part) *
        (static_cast<double>(unit->nanoseconds) / static_cast<double>(scale)));
    if (__builtin_mul_overflow(whole, unit->nanoseconds, &size) ||
        __builtin_add_overflow(size, fraction, &size) ||
        __builtin_add_overflow(total, size, &total)) {
      return std::nullopt;
    }
  }
  return negative ? -total : total;
}

}  // namespace larkspur::starlark::lib
