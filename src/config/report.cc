#include "config/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace larkspur::config {

std::string Problem::to_string() const {
  if (line == 0) return fmt::format("{}: {}", file, message);
  return fmt::format("{}:{}:{}: {}", file, line, column, message);
}

void Report::add(Problems& list, Place place, std::string_view message) {
  list.push_back({filename_, place.line, place.column, printable(message)});
}

Problems Report::take(Problems& list) {
  std::ranges::sort(list, {},
                    [](const Problem& p) { return std::tie(p.line, p.column, p.message); });
  if (list.size() > kMaxProblems) list.resize(kMaxProblems);
  return std::move(list);
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  const auto best = nearest(name, candidates);
  return best ? fmt::format("; did you mean '{}'?", *best) : "";
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 60;
  const std::string_view shown = truncate_utf8(text, kShown);
  return fmt::format("'{}{}'", shown, shown.size() < text.size() ? "..." : "");
}

}  // namespace larkspur::config
