#include "execlog/store/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <tuple>

#include "base/text.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::execlog {

namespace {

// REQUIRES: `sorted` is not empty.
std::int64_t percentile(std::span<const std::uint32_t> sorted, std::size_t percent) {
  return sorted[(sorted.size() * percent + 99) / 100 - 1];
}

std::string name_of(json::Value call) {
  std::string name(call["kind"].string());
  name += ' ';
  name += call["api"].string();
  if (call["backend"].is_string()) name += " @" + std::string(call["backend"].string());
  return name;
}

void write_rows(json::Writer& out, std::string_view name, const std::vector<StatisticsRow>& rows) {
  out.key(name).begin_array();
  for (const StatisticsRow& row : rows) {
    out.begin_object().key("name").string(row.name);
    out.key("calls").integer(static_cast<std::int64_t>(row.calls));
    out.key("errors").integer(static_cast<std::int64_t>(row.errors));
    out.key("p50_ms").integer(row.p50_ms).key("p95_ms").integer(row.p95_ms);
    out.key("p99_ms").integer(row.p99_ms).key("longest_ms").integer(row.longest_ms).end_object();
  }
  out.end_array();
}

std::string table(std::string_view heading, const std::vector<StatisticsRow>& rows) {
  if (rows.empty()) return {};
  constexpr std::size_t kWidest = 60;
  std::size_t width = heading.size();
  for (const StatisticsRow& row : rows) width = std::max(width, printable(row.name).size());
  width = std::min(width, kWidest);
  std::string out = fmt::format("{:<{}}  {:>9}  {:>8}  {:>8}  {:>8}  {:>8}  {:>9}\n", heading,
                                width, "CALLS", "ERRORS", "P50 MS", "P95 MS", "P99 MS", "MAX MS");
  for (const StatisticsRow& row : rows) {
    const std::string name(truncate_utf8(printable(row.name), kWidest));
    out += fmt::format("{:<{}}  {:>9}  {:>8}  {:>8}  {:>8}  {:>8}  {:>9}\n", name, width, row.calls,
                       row.errors, row.p50_ms, row.p95_ms, row.p99_ms, row.longest_ms);
  }
  return out;
}

}  // namespace

void Tally::add(std::string_view name, std::string_view status, std::int64_t duration_ms) {
  auto group = groups_.find(name);
  if (group == groups_.end()) group = groups_.emplace(std::string(name), Group{}).first;
  group->second.errors += status != "success";
  constexpr std::int64_t kLongest = std::numeric_limits<std::uint32_t>::max();
  group->second.durations.push_back(
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(duration_ms, 0, kLongest)));
}

std::vector<StatisticsRow> Tally::rows() {
  std::vector<StatisticsRow> rows;
  for (auto& [name, group] : groups_) {
    std::ranges::sort(group.durations);
    rows.push_back({.name = name,
                    .calls = group.durations.size(),
                    .errors = group.errors,
                    .p50_ms = percentile(group.durations, 50),
                    .p95_ms = percentile(group.durations, 95),
                    .p99_ms = percentile(group.durations, 99),
                    .longest_ms = group.durations.back()});
  }
  std::ranges::sort(rows, [](const StatisticsRow& a, const StatisticsRow& b) {
    return std::tie(b.calls, a.name) < std::tie(a.calls, b.name);
  });
  return rows;
}

Result<Statistics> statistics(Reader& reader, const Filter& filter) {
  Tally tools, apis;
  const Result<void> figures = reader.each_figures(filter, [&](const CallFigures& call) {
    tools.add(call.tool, call.status, call.duration_ms);
  });
  if (!figures) return fail(figures.error());
  const Result<void> calls = reader.each(filter, [&](std::int64_t, std::string_view text) {
    if (text.contains(R"("api_calls":[],)")) return true;
    if (const auto record = json::Document::parse(std::string(text))) {
      for (const json::Value call : record->root()["api_calls"].elements()) {
        apis.add(name_of(call), call["status"].string(), call["duration_ms"].integer().value_or(0));
      }
    }
    return true;
  });
  if (!calls) return fail(calls.error());
  return Statistics{.tools = tools.rows(), .apis = apis.rows()};
}

std::string to_json(const Statistics& statistics) {
  json::Writer out;
  out.begin_object();
  write_rows(out, "tools", statistics.tools);
  write_rows(out, "apis", statistics.apis);
  return out.end_object().take();
}

std::string render(const Statistics& statistics) {
  std::string out = table("TOOL", statistics.tools);
  if (!statistics.apis.empty()) out += "\n" + table("CALLED OUTSIDE", statistics.apis);
  return out;
}

}  // namespace larkspur::execlog
