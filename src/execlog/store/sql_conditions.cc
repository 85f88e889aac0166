#include "execlog/store/sql_conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace larkspur::execlog {

namespace {

// `text` as a pattern of LIKE that finds it anywhere, whatever it holds.
std::string like(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

}  // namespace

SqlConditions::SqlConditions(const Filter& filter)
    : after_seq_(filter.after_seq),
      before_seq_(filter.before_seq),
      oldest_first_(filter.oldest_first) {
  const auto equal = [this](std::string_view column, const std::string& value) {
    if (!value.empty()) add(fmt::format("{} = ?", column), value);
  };
  if (filter.top_level_only) where_ += " AND parent_id IS NULL";
  equal("tool", filter.tool);
  equal("backend", filter.backend);
  equal("principal", filter.principal);
  equal("session_id", filter.session_id);
  if (!filter.script_hash.empty()) {
    const bool named = filter.script_hash.starts_with("sha256:");
    add_prefix("script_hash", (named ? "" : "sha256:") + filter.script_hash);
  }
  if (filter.status) {
    add("status = ?", std::string(to_string(*filter.status)));
    // The words of the partial index, from which SQLite sees that it may use it.
    if (*filter.status != Status::kSuccess) where_ += " AND status <> 'success'";
  }
  if (filter.since) add("start_ms >= ?", *filter.since);
  if (filter.until) add("start_ms < ?", *filter.until);
  if (filter.slower_than) add("duration_ms > ?", *filter.slower_than);
  if (!filter.id_prefix.empty()) add_prefix("tool_call_id", filter.id_prefix);
  if (!filter.text.empty()) {
    add("json LIKE ? ESCAPE '\\'", like(filter.text));
    needs_payload_ = true;
  }
  if (filter.after_seq > 0) add("seq > ?", filter.after_seq);
  if (filter.before_seq > 0) add("seq < ?", filter.before_seq);
}

void SqlConditions::add(std::string_view condition, std::variant<std::int64_t, std::string> value) {
  fmt::format_to(std::back_inserter(where_), " AND {}", condition);
  values_.push_back(std::move(value));
}

void SqlConditions::add_prefix(std::string_view column, std::string_view prefix) {
  add(fmt::format("{} >= ?", column), std::string(prefix));
  // '~' comes after every character of an id or a digest.
  add(fmt::format("{} < ?", column), std::string(prefix) + '~');
}

std::string SqlConditions::select(std::string_view columns) const {
  const bool with_payload = needs_payload_ || columns.contains("json");
  return fmt::format("SELECT {} FROM record {} WHERE {}{} LIMIT ?", columns,
                     with_payload ? "JOIN payload USING (seq)" : "", where_,
                     !ordered_       ? ""
                     : oldest_first_ ? " ORDER BY seq"
                                     : " ORDER BY seq DESC");
}

void SqlConditions::bind(sqlite::Statement& statement, std::size_t limit) const {
  int index = 0;
  for (const auto& value : values_) {
    std::visit([&](const auto& v) { statement.bind(++index, v); }, value);
  }
  statement.bind(++index, static_cast<std::int64_t>(limit));
}

void SqlConditions::leave_out(std::vector<Partition>& partitions) const {
  if (before_seq_ > 0) {
    std::erase_if(partitions, [&](const Partition& each) { return each.first_seq >= before_seq_; });
  }
  // A partition ends where the next one begins.
  while (after_seq_ > 0 && partitions.size() > 1 && partitions[1].first_seq <= after_seq_ + 1) {
    partitions.erase(partitions.begin());
  }
  if (!oldest_first_) std::ranges::reverse(partitions);
}

}  // namespace larkspur::execlog
