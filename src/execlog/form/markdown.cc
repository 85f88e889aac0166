#include "execlog/form/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "execlog/form/json_form.h"

namespace larkspur::execlog {

namespace {

constexpr std::size_t kMaxText = 1000;  // of one error, one warning

// One line of code: what could end it is replaced.
std::string code(std::string_view text) {
  std::string safe = printable(truncate_utf8(text, kMaxText));
  std::ranges::replace(safe, '`', '\'');
  if (text.size() > kMaxText) safe += fmt::format(" … ({} bytes elided)", text.size() - kMaxText);
  return "`" + safe + "`";
}

std::string milliseconds(Int ms) {
  return ms ? fmt::format("{} ms", *ms) : std::string("still open");
}

std::string subject_of(const ApiCall& call) {
  if (const auto* mcp = std::get_if<McpCall>(&call.details)) {
    return fmt::format("{} at {}", mcp->tool, mcp->backend);
  }
  if (const auto* http = std::get_if<HttpCall>(&call.details)) return http->endpoint;
  if (const auto* kubectl = std::get_if<KubectlCall>(&call.details)) return kubectl->command;
  if (const auto* prometheus = std::get_if<PrometheusCall>(&call.details)) {
    return prometheus->endpoint;
  }
  if (const auto* sls = std::get_if<SlsCall>(&call.details)) {
    return fmt::format("{}/{}", sls->project, sls->logstore);
  }
  return {};
}

std::string describe(const ApiCall& call) {
  std::string text = fmt::format("{} {}", to_string(call.kind()), code(call.api));
  if (const std::string subject = subject_of(call); !subject.empty()) text += " " + code(subject);
  text += fmt::format(", {}, {} ms", to_string(call.status), call.duration_ms);
  if (call.http_status) text += fmt::format(", HTTP {}", *call.http_status);
  if (call.attempts > 1) text += fmt::format(", {} attempts", call.attempts);
  if (!call.request_id.empty()) text += ", request " + code(call.request_id);
  if (!call.error.empty()) text += ": " + code(call.error);
  return text;
}

class Page {
 public:
  explicit Page(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void line(std::size_t depth, std::string_view text) {
    if (out_.size() + text.size() + 64 > max_bytes_) {
      ++elided_;
      return;
    }
    out_.append(2 * depth, ' ');
    out_ += text;
    out_ += '\n';
  }

  std::string take() {
    if (elided_ > 0) out_ += fmt::format("\n({} lines elided)\n", elided_);
    return std::move(out_);
  }

 private:
  std::size_t max_bytes_;
  std::size_t elided_ = 0;
  std::string out_;
};

void add_details(Page& page, const Record& record, std::size_t depth) {
  if (record.error) page.line(depth, "- error: " + code(*record.error));
  if (record.metadata) {
    const Metadata& why = *record.metadata;
    page.line(depth, fmt::format("- stage {}, type {}, code {}", to_string(why.failure_stage),
                                 code(why.error_type), code(why.error_code)));
    for (const std::string& cause : why.caused_by) page.line(depth, "- caused by: " + code(cause));
  }
  for (const std::string& message : record.messages) page.line(depth, "- did: " + code(message));
  for (const std::string& warning : record.warnings)
    page.line(depth, "- warning: " + code(warning));
  for (const ApiCall& call : record.api_calls) page.line(depth, "- called " + describe(call));
  if (record.dropped.api_calls > 0) {
    page.line(depth, fmt::format("- {} more calls outside are not in the record",
                                 record.dropped.api_calls));
  }
}

void add_calls(Page& page, const Tree& node, std::size_t depth) {  // as deep as the tree
  for (const Tree& child : node.children) {
    const Record& record = child.record;
    page.line(depth, fmt::format("- {} {}: {}, {}, id {}", record.place, code(record.tool_name),
                                 to_string(record.status), milliseconds(record.duration_ms),
                                 code(record.tool_call_id)));
    add_details(page, record, depth + 1);
    add_calls(page, child, depth + 1);
  }
  if (node.cut) page.line(depth, "- … more than can be shown");
}

}  // namespace

std::string render_markdown(const Tree& tree, std::size_t max_bytes) {
  const Record& record = tree.record;
  Page page(max_bytes);
  page.line(0, fmt::format("# {}: {}", code(record.tool_name), to_string(record.status)));
  page.line(0, "");
  page.line(0, "- id: " + code(record.tool_call_id));
  page.line(0, fmt::format("- started {}, took {}", to_iso8601(record.start_time),
                           milliseconds(record.duration_ms)));
  if (!record.request.client_name.empty()) {
    page.line(0, "- client: " + code(record.request.client_name));
  }
  if (record.script) {
    page.line(0, fmt::format("- script {}: {} steps, {} tool calls", code(record.script->hash),
                             record.script->step_count, record.script->tool_count));
  }
  if (record.result.size_bytes) {
    page.line(0, fmt::format("- result: {} bytes", *record.result.size_bytes));
  }
  add_details(page, record, 0);
  if (!tree.children.empty()) {
    page.line(0, "");
    page.line(0, "## Calls, in the order in which they were made (3/7: seventh task of the third)");
    page.line(0, "");
    add_calls(page, tree, 0);
  }
  return page.take();
}

}  // namespace larkspur::execlog
