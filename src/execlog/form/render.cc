#include "execlog/form/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <variant>
#include <vector>

#include "base/text.h"

namespace larkspur::execlog {

namespace {

constexpr std::size_t kNarrowest = 60;

// The columns that `text` takes: code points, which is right for everything but wide scripts.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// `text` safe for a terminal, in at most `width` columns.
std::string fitted(std::string_view text, std::size_t width) {
  std::string safe = printable(text);
  if (columns(safe) <= width) return safe;
  std::size_t end = 0;
  for (std::size_t shown = 0; shown + 1 < width; ++shown) {
    do {
      ++end;
    } while (end < safe.size() && (static_cast<unsigned char>(safe[end]) & 0xC0) == 0x80);
  }
  safe.resize(end);
  return safe + "…";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string cell = fitted(text, width);
  cell.append(width - std::min(width, columns(cell)), ' ');
  return cell;
}

std::string duration(Int ms) {
  if (!ms) return "open";
  if (*ms < 10'000) return fmt::format("{} ms", *ms);
  if (*ms < 600'000) return fmt::format("{:.1f} s", static_cast<double>(*ms) / 1000);
  return fmt::format("{} min", *ms / 60'000);
}

std::string moment(EpochMs time) {
  std::string text = to_iso8601(time);
  text[10] = ' ';
  return text;
}

// Lines under one another, each no wider than the terminal.
class Page {
 public:
  explicit Page(RenderOptions options) : width_(std::max(options.width, kNarrowest)) {}

  void line(std::string_view indent, std::string_view text) {
    out_ += indent;
    out_ += fitted(text, width_ - std::min(width_ - 20, columns(indent)));
    while (out_.ends_with(' ')) out_.pop_back();
    out_ += '\n';
  }
  void blank() { out_ += '\n'; }
  std::size_t width() const { return width_; }
  std::string take() { return std::move(out_); }

 private:
  std::size_t width_;
  std::string out_;
};

// What was called outside, in one line: "mcp tools/call read_file @files  11 ms  request 7".
std::string describe(const ApiCall& call) {
  std::string text = fmt::format("{} {}", to_string(call.kind()), call.api);
  if (const auto* mcp = std::get_if<McpCall>(&call.details)) {
    if (!mcp->tool.empty()) text += " " + mcp->tool;
    text += " @" + mcp->backend;
  } else if (const auto* http = std::get_if<HttpCall>(&call.details)) {
    text += fmt::format(" {} {}", http->method, http->endpoint);
  } else if (const auto* kubectl = std::get_if<KubectlCall>(&call.details)) {
    text += " " + kubectl->command;
  }
  text += "  " + duration(call.duration_ms);
  if (call.status != ApiStatus::kSuccess) text += fmt::format("  {}", to_string(call.status));
  if (call.http_status) text += fmt::format("  HTTP {}", *call.http_status);
  if (call.attempts > 1) text += fmt::format("  {} attempts", call.attempts);
  if (!call.request_id.empty()) {
    text += "  request " + call.request_id;
  } else if (const auto* mcp = std::get_if<McpCall>(&call.details);
             mcp != nullptr && !mcp->backend_request_id.empty()) {
    text += "  request " + mcp->backend_request_id;
  }
  if (!call.error.empty()) text += "  " + call.error;
  return text;
}

std::string describe(const Metadata& metadata) {
  std::string text = fmt::format("stage {}", to_string(metadata.failure_stage));
  if (!metadata.error_type.empty()) text += ", type " + metadata.error_type;
  if (!metadata.error_code.empty()) text += ", code " + metadata.error_code;
  for (const auto& [name, value] : metadata.further) {
    text += fmt::format(", {} ", name);
    std::visit(
        [&]<class T>(const T& v) {
          if constexpr (std::is_same_v<T, std::nullptr_t>) {
            text += "null";
          } else {
            text += fmt::format("{}", v);
          }
        },
        value);
  }
  return text;
}

// What lies below a call: why it failed, its warnings, what it called outside.
void add_details(Page& page, const Record& record, std::string_view indent) {
  if (record.error) page.line(indent, "error: " + *record.error);
  if (record.metadata) {
    page.line(indent, "       " + describe(*record.metadata));
    for (const std::string& cause : record.metadata->caused_by) {
      page.line(indent, "       caused by: " + cause);
    }
  }
  for (const std::string& message : record.messages) page.line(indent, "did: " + message);
  for (const std::string& warning : record.warnings) page.line(indent, "warning: " + warning);
  for (const ApiCall& call : record.api_calls) page.line(indent, "→ " + describe(call));
  if (record.dropped.api_calls > 0) {
    page.line(indent, fmt::format("→ … and {} more that the record has no room for",
                                  record.dropped.api_calls));
  }
}

std::string summary(const Record& record) {
  std::string text = fmt::format("{}  {}", record.tool_name, duration(record.duration_ms));
  if (record.status != Status::kSuccess) text += fmt::format("  {}", to_string(record.status));
  if (record.result.size_bytes) text += fmt::format("  {} bytes", *record.result.size_bytes);
  return text;
}

// The tasks of one parallel() stand under one heading: siblings "2/1", "2/2", ... belong to group
// "2".
std::string_view group_of(const Tree& node) {
  const std::string_view place = node.record.place;
  const std::size_t slash = place.find('/');
  return slash == std::string_view::npos ? std::string_view{} : place.substr(0, slash);
}

// First start to last end.
std::int64_t span_ms(std::span<const Tree> tasks) {
  EpochMs first = tasks.front().record.start_time, last = first;
  for (const Tree& task : tasks) {
    first = std::min(first, task.record.start_time);
    last = std::max(last, task.record.start_time + task.record.duration_ms.value_or(0));
  }
  return last - first;
}

// Recursion is as deep as the tree: kMaxTreeDepth.
void add_children(Page& page, std::span<const Tree> children, bool cut, const std::string& indent);

void add_call(Page& page, const Tree& node, const std::string& indent, bool last) {
  page.line(indent + (last ? "└─ " : "├─ "),
            fmt::format("{:<4} {}", node.record.place, summary(node.record)));
  const std::string below = indent + (last ? "   " : "│  ");
  add_details(page, node.record, below + (node.children.empty() ? "     " : "│    "));
  add_children(page, node.children, node.cut, below);
}

void add_group(Page& page, std::span<const Tree> tasks, const std::string& indent, bool last) {
  page.line(indent + (last ? "└─ " : "├─ "),
            fmt::format("{:<5}parallel, {} calls  {}", group_of(tasks.front()), tasks.size(),
                        duration(span_ms(tasks))));
  const std::string below = indent + (last ? "   " : "│  ");
  for (const Tree& task : tasks) add_call(page, task, below, &task == &tasks.back());
}

void add_children(Page& page, std::span<const Tree> children, bool cut, const std::string& indent) {
  while (!children.empty()) {
    const std::string_view group = group_of(children.front());
    const auto end = std::ranges::find_if(children.subspan(1), [&](const Tree& node) {
      return group.empty() || group_of(node) != group;
    });
    const auto size = static_cast<std::size_t>(end - children.begin());
    const bool last = size == children.size() && !cut;
    if (group.empty()) {
      add_call(page, children.front(), indent, last);
    } else {
      add_group(page, children.first(size), indent, last);
    }
    children = children.subspan(size);
  }
  if (cut) page.line(indent + "└─ ", "… more than can be shown");
}

void add_head(Page& page, const Record& record) {
  page.line("", fmt::format("{}  {}  {}  {}", record.tool_name, to_string(record.status),
                            duration(record.duration_ms), moment(record.start_time)));
  page.line("", "id      " + record.tool_call_id);
  if (!record.parent_id.empty()) {
    page.line("", fmt::format("parent  {}, place {}", record.parent_id, record.place));
  }
  if (!record.request.client_name.empty()) {
    page.line("", fmt::format("client  {} {}  {}", record.request.client_name,
                              record.request.client_version, record.request.protocol_version));
  }
  if (record.principal && record.principal->kind != PrincipalKind::kAnonymous) {
    page.line(
        "", fmt::format("by      {} {}", to_string(record.principal->kind), record.principal->id));
  }
  if (!record.trace_id.empty()) page.line("", fmt::format("trace   {}", record.trace_id.view()));
  if (record.script) {
    page.line("", fmt::format("script  {} steps, {} tool calls{}  {}", record.script->step_count,
                              record.script->tool_count,
                              record.script->parallel_used ? ", some in parallel" : "",
                              record.script->hash));
    if (record.script->calls_saved > 0) {
      page.line("", fmt::format("saved   {} round trips, {} bytes kept here",
                                record.script->calls_saved, record.script->bytes_kept));
    }
  }
  if (record.result.size_bytes)
    page.line("", fmt::format("result  {} bytes", *record.result.size_bytes));
}

}  // namespace

std::string render_list(std::span<const StoredRecord> records, RenderOptions options) {
  if (records.empty()) return "No records.\n";
  Page page(options);
  // The id comes last and whole, so that it can be copied: the tool's name gives way.
  constexpr std::size_t kStarted = 24, kStatus = 9, kDuration = 9;
  std::size_t longest_id = 2, longest_tool = 4;
  for (const StoredRecord& row : records) {
    longest_id = std::max(longest_id, row.record.tool_call_id.size());
    longest_tool = std::max(longest_tool, columns(row.record.tool_name));
  }
  const std::size_t fixed = kStarted + kStatus + kDuration + 8 + longest_id;
  const std::size_t room = page.width() > fixed ? page.width() - fixed : 0;
  const std::size_t tool = std::min(longest_tool, std::max<std::size_t>(room, 16));
  std::string out =
      fmt::format("{}  {}  {}  {}  ID\n", padded("STARTED", kStarted), padded("TOOL", tool),
                  padded("STATUS", kStatus), fmt::format("{:>{}}", "DURATION", kDuration));
  for (const StoredRecord& row : records) {
    const Record& record = row.record;
    out += fmt::format("{}  {}  {}  {:>{}}  {}\n", moment(record.start_time),
                       padded(record.tool_name, tool), padded(to_string(record.status), kStatus),
                       duration(record.duration_ms), kDuration, printable(record.tool_call_id));
  }
  return out;
}

std::string render_line(const Record& record) {
  std::string line =
      fmt::format("{}  {:<9} {:>9}  {}", moment(record.start_time), to_string(record.status),
                  duration(record.duration_ms), printable(record.tool_call_id));
  if (record.error) line += "  " + fitted(*record.error, 200);
  return line;
}

std::string render_tree(const Tree& tree, RenderOptions options) {
  Page page(options);
  add_head(page, tree.record);
  add_details(page, tree.record, "");
  if (!tree.children.empty() || tree.cut) page.blank();
  add_children(page, tree.children, tree.cut, "");
  return page.take();
}

}  // namespace larkspur::execlog
