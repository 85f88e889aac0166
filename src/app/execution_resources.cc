#include "app/execution_resources.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/on_pool.h"
#include "base/text.h"
#include "execlog/form/markdown.h"
#include "execlog/proof/tree.h"
#include "execlog/store/sqlite_reader.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::app {

namespace {

constexpr std::string_view kRecent = "execution://recent";
constexpr std::size_t kMostRows = 40;

std::shared_ptr<const call::Content> make_content(call::ContentKind kind, std::string key,
                                                  std::string_view name,
                                                  std::string_view description) {
  const bool is_template = kind == call::ContentKind::kTemplate;
  json::Writer out;
  out.begin_object().key(is_template ? "uriTemplate" : "uri").string(key);
  out.key("name").string(name).key("description").string(description);
  out.key("mimeType").string("text/markdown").end_object();
  return std::make_shared<const call::Content>(call::Content{
      .kind = kind, .key = std::move(key), .definition = out.take(), .source = "larkspur"});
}

Result<std::string> recent_calls(execlog::Reader& reader, const std::string& principal) {
  execlog::Filter filter;
  filter.principal = principal;
  filter.limit = kMostRows;
  const auto found = reader.list(filter);
  if (!found) return fail(found.error());
  std::string text = "| started | call | status | ms |\n|---|---|---|---|\n";
  for (const auto& entry : *found) {
    const execlog::Record& record = entry.record;
    std::string row =
        fmt::format("| {} | execution://{} | {} | {} |\n", to_iso8601(record.start_time),
                    record.tool_call_id, to_string(record.status), record.duration_ms.value_or(0));
    if (text.size() + row.size() > ExecutionResources::kMaxTextBytes) break;
    text += row;
  }
  return text;
}

// To whom a call does not belong it does not exist.
Result<std::string> one_call(execlog::Reader& reader, const std::string& id,
                             const std::string& principal) {
  const auto tree = execlog::load_tree(reader, id);
  if (!tree) return fail(tree.error());
  if (!principal.empty() && (!tree->record.principal || tree->record.principal->id != principal)) {
    return fail(ErrorCode::kNotFound, "no call of yours has an id that begins so");
  }
  return execlog::render_markdown(*tree, ExecutionResources::kMaxTextBytes);
}

}  // namespace

ExecutionResources::ExecutionResources(std::string directory, config::LogTool whose)
    : directory_(std::move(directory)),
      whose_(whose),
      recent_(make_content(call::ContentKind::kResource, std::string(kRecent), "recent calls",
                           "The newest calls in the ExecutionLog of this gateway.")),
      one_(make_content(call::ContentKind::kTemplate, std::string(kScheme) + "{id}", "one call",
                        "A call of the ExecutionLog with everything that it called: durations, "
                        "errors, and the stage at which it failed.")) {}

ExecutionResources::~ExecutionResources() {
  reader_.join();
}

call::ContentList ExecutionResources::list(const call::Caller&, call::ContentKind kind) {
  if (kind == call::ContentKind::kResource) return {recent_};
  if (kind == call::ContentKind::kTemplate) return {one_};
  return {};
}

std::shared_ptr<const call::Content> ExecutionResources::find(call::ContentKind kind,
                                                              std::string_view key) const {
  if (kind == call::ContentKind::kPrompt) return nullptr;
  return key == kRecent ? recent_ : one_;
}

Async<call::CallReply> ExecutionResources::fetch(call::CallContext& context,
                                                 std::string_view method, std::string_view params) {
  if (method == "completion/complete") {
    co_return call::CallResult{R"({"completion":{"values":[]}})", false};
  }
  const auto document = json::Document::parse(std::string(params));
  const std::string uri(document ? document->root()["uri"].string() : std::string_view());
  const std::string id = uri.substr(std::min(kScheme.size(), uri.size()));
  const std::string principal =
      whose_ == config::LogTool::kOwn ? context.caller.principal : std::string();
  const Result<std::string> text = co_await on_pool(reader_, [&]() -> Result<std::string> {
    execlog::SqliteReader reader(directory_);
    return uri == kRecent ? recent_calls(reader, principal) : one_call(reader, id, principal);
  });
  if (!text && (text.error().code == ErrorCode::kNotFound || id.empty())) {
    co_return call::unknown_content(call::ContentKind::kResource, uri);
  }
  if (!text) {
    co_return call::call_fail(text.error().code, call::FailureStage::kInternal,
                              text.error().message);
  }
  json::Writer out;
  out.begin_object().key("contents").begin_array().begin_object();
  out.key("uri").string(uri).key("mimeType").string("text/markdown").key("text").string(*text);
  out.end_object().end_array().end_object();
  co_return call::CallResult{out.take(), false};
}

}  // namespace larkspur::app
