#include "ops/alibaba/tools/log_search.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::size_t kMaxEntriesBytes = std::size_t{1} << 20;

bool is_word(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '@' || c == '-';
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

Result<std::string> condition(std::string_view field, std::string_view value) {
  const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
  if (std::ranges::any_of(value, is_control)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the value for {} holds a control character", field));
  }
  if (!value.ends_with('*')) return fmt::format("{}: {}", field, quoted(value));
  const std::string_view prefix = value.substr(0, value.size() - 1);
  if (prefix.empty() || !std::ranges::all_of(prefix, is_word)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' for {}: a prefix before * may hold letters, digits and . _ @ - "
                            "only; give the whole value instead",
                            printable(truncate_utf8(value, 64)), field));
  }
  return fmt::format("{}: {}", field, value);
}

Parameter log_start_parameter() {
  return {
      .name = "start_time",
      .type = ParameterType::kTime,
      .description = "From when: 30m, 24h, 7d (so long ago), an ISO 8601 time, or Unix seconds.",
      .fallback = "\"24h\""};
}

Parameter log_end_parameter() {
  return {.name = "end_time",
          .type = ParameterType::kTime,
          .description = "Until when, in the same forms; now where none is given."};
}

Parameter log_limit_parameter() {
  return {.name = "limit",
          .type = ParameterType::kInteger,
          .description = "How many entries at most.",
          .fallback = "10",
          .min = 1,
          .max = 100};
}

Parameter log_order_parameter() {
  return {.name = "order",
          .description = "Which entries come first, and stay where there are more than the limit.",
          .fallback = "\"newest\"",
          .choices = {"newest", "oldest"}};
}

LogEntries entries_of(const LogAnswer& answer,
                      const std::function<void(json::Writer& out, json::Value row)>& write) {
  LogEntries entries;
  json::Writer out;
  out.begin_array();
  for (const json::Value row : answer.rows().elements()) {
    json::Writer one;
    write(one, row);
    if (out.text().size() + one.text().size() > kMaxEntriesBytes) {
      entries.lacks = fmt::format("{} of {} entries did not fit into 1 MiB",
                                  answer.rows().size() - static_cast<std::size_t>(entries.count),
                                  answer.rows().size());
      break;
    }
    out.raw(one.text());
    ++entries.count;
  }
  entries.json = out.end_array().take();
  if (!answer.complete) {
    entries.lacks =
        "the log service had not searched the whole time when it answered; narrow the "
        "time or the query";
  }
  return entries;
}

void write_row_time(json::Writer& out, json::Value row) {
  const json::Value time = row["__time__"];
  const auto when = parse_moment(time.is_number() ? time.raw() : time.string(), 0);
  when ? out.string(to_iso8601(*when)) : out.null();
}

}  // namespace larkspur::ops::alibaba
