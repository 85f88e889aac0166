#include "ops/workload/quantity.h"

#include <array>
#include <charconv>
#include <cmath>

namespace larkspur::ops {

namespace {

struct Suffix {
  std::string_view text;
  double factor;
};
constexpr std::array kSuffixes = std::to_array<Suffix>({
    {"", 1},
    {"n", 1e-9},
    {"u", 1e-6},
    {"m", 1e-3},
    {"k", 1e3},
    {"M", 1e6},
    {"G", 1e9},
    {"T", 1e12},
    {"P", 1e15},
    {"E", 1e18},
    {"Ki", 0x1p10},
    {"Mi", 0x1p20},
    {"Gi", 0x1p30},
    {"Ti", 0x1p40},
    {"Pi", 0x1p50},
    {"Ei", 0x1p60},
});

std::optional<double> factor_of(std::string_view suffix) {
  for (const Suffix& each : kSuffixes) {
    if (each.text == suffix) return each.factor;
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  std::string_view digits = suffix.substr(1);
  if (digits[0] == '+') digits.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), exponent, 10);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return std::pow(10.0, exponent);
}

}  // namespace

std::optional<double> parse_quantity(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  const auto factor = factor_of(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!factor || !std::isfinite(number * *factor)) return std::nullopt;
  return number * *factor;
}

}  // namespace larkspur::ops
