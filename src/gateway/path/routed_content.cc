#include "gateway/path/routed_content.h"

#include <algorithm>

#include "execlog/recording.h"
#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::gateway {

namespace {

// The same object with its member `name` changed where it has one.
std::string rename(std::string_view object, std::string_view name) {
  const auto members = json::scan_object(object);
  if (!members) return std::string(object);
  json::Writer out(object.size() + name.size());
  out.begin_object();
  for (const json::Member& member : *members) {
    out.key(member.key);
    if (member.key == "name") {
      out.string(name);
    } else {
      out.raw(member.raw);
    }
  }
  out.end_object();
  return out.take();
}

// The params with the backend's own name for a prompt, wherever the method has it.
std::string own_params(std::string_view method, std::string_view params, std::string_view name) {
  if (method == "prompts/get") return rename(params, name);
  const auto members = json::scan_object(params);
  if (method != "completion/complete" || !members) return std::string(params);
  json::Writer out;
  out.begin_object();
  for (const json::Member& member : *members) {
    out.key(member.key)
        .raw(member.key == "ref" ? rename(member.raw, name) : std::string(member.raw));
  }
  out.end_object();
  return out.take();
}

}  // namespace

RoutedContent::RoutedContent(const CatalogBoard& board, const Policy& policy,
                             std::vector<call::BackendClient*> backends)
    : board_(board), policy_(policy) {
  for (call::BackendClient* backend : backends) backends_.emplace(backend->facts().name, backend);
}

call::ContentList RoutedContent::list(const call::Caller& caller, call::ContentKind kind) {
  call::ContentList content = board_.current()->content().list(kind);
  for (const OwnContent& own : own_) {
    std::ranges::copy(own.source->list(caller, kind), std::back_inserter(content));
  }
  std::erase_if(content, [&](const auto& each) { return !policy_.allows(caller, *each); });
  return content;
}

std::shared_ptr<const call::Content> RoutedContent::find(call::ContentKind kind,
                                                         std::string_view key) const {
  for (const OwnContent& own : own_) {
    if (kind != call::ContentKind::kPrompt && key.starts_with(own.prefix)) {
      return own.source->find(kind, key);
    }
  }
  const auto catalog = board_.current();
  const ContentEntry* entry = catalog->content().find(kind, key);
  return entry == nullptr ? nullptr : entry->content;
}

std::shared_ptr<const call::Content> RoutedContent::find_allowed(const call::Caller& caller,
                                                                 call::ContentKind kind,
                                                                 std::string_view key) const {
  auto content = find(kind, key);
  return content && policy_.allows(caller, *content) ? content : nullptr;
}

call::ContentSource* RoutedContent::own_source(const call::Content& content) const {
  for (const OwnContent& own : own_) {
    if (content.kind != call::ContentKind::kPrompt && content.key.starts_with(own.prefix)) {
      return own.source;
    }
  }
  return nullptr;
}

Async<call::CallReply> RoutedContent::fetch(call::CallContext& context, std::string_view method,
                                            std::string_view params) {
  const call::Content& content = *context.content;
  if (!policy_.allows(context.caller, content)) {
    context.denied = true;
    if (context.record != nullptr) {
      context.record->fail({.status = execlog::Status::kDenied,
                            .error = "the policy does not let this caller have it",
                            .error_type = "denied",
                            .error_code = "denied",
                            .stage = execlog::FailureStage::kPolicyCheck});
    }
    co_return call::unknown_content(content.kind, content.key);
  }
  if (call::ContentSource* own = own_source(content)) {
    co_return co_await own->fetch(context, method, params);
  }
  const auto backend = backends_.find(content.source);
  std::string own_name;
  {
    const auto catalog = board_.current();
    const ContentEntry* entry = catalog->content().find(content.kind, content.key);
    if (entry != nullptr && entry->content->source == content.source) own_name = entry->own_name;
  }
  if (backend == backends_.end() || own_name.empty()) {
    co_return call::unknown_content(content.kind, content.key);
  }
  std::string header;
  if (method == "prompts/get") header = own_name;
  if (method == "resources/read") {
    const auto document = json::Document::parse(std::string(params));
    if (document) header = document->root()["uri"].string();
  }
  co_return co_await backend->second->fetch(
      context, std::string(method), own_params(method, params, own_name), std::move(header));
}

}  // namespace larkspur::gateway
