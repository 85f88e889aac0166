#include "gateway/path/routed_tools.h"

#include <algorithm>

#include "call/task_holder.h"

namespace larkspur::gateway {

namespace {

constexpr int kMethodNotFound = -32601;  // mcp 2025-11-25 tasks: tool-level negotiation

}  // namespace

RoutedTools::RoutedTools(const CatalogBoard& board, std::vector<call::BackendClient*> backends,
                         call::Outside& outside)
    : board_(board), outside_(outside) {
  for (call::BackendClient* backend : backends) backends_.emplace(backend->facts().name, backend);
}

std::shared_ptr<const call::Tool> RoutedTools::find(std::string_view published_name) const {
  for (const OwnTool& own : own_) {
    if (own.facts->name == published_name) return own.facts;
  }
  const auto catalog = board_.current();
  const CatalogEntry* entry = catalog->find(published_name);
  return entry == nullptr ? nullptr : entry->tool;
}

call::ToolList RoutedTools::list(const call::Caller& caller, call::Audience audience) {
  const auto is_for = [audience](const call::Tool& tool) {
    return audience == call::Audience::kScript ? tool.for_scripts : tool.for_clients;
  };
  call::ToolList tools;
  for (const auto& tool : board_.current()->tools()) {
    if (is_for(*tool)) tools.push_back(tool);
  }
  for (const OwnTool& own : own_) {
    if (is_for(*own.facts))
      std::ranges::copy(own.source->list(caller, audience), std::back_inserter(tools));
  }
  return tools;
}

Async<call::CallReply> RoutedTools::call(call::CallContext& context, std::string_view tool,
                                         std::string_view arguments) {
  if (context.task != nullptr && context.task->demanded() && context.tool &&
      context.tool->tasks == call::TaskSupport::kNone) {
    co_return std::unexpected(call::CallError{ErrorCode::kUnsupported,
                                              "the tool does not support being called as a task",
                                              call::FailureStage::kInternal,
                                              kMethodNotFound,
                                              {}});
  }
  for (const OwnTool& own : own_) {
    if (own.facts->name != tool) continue;
    context.outside = &outside_;
    co_return co_await own.source->call(context, tool, arguments);
  }
  // The catalog may be replaced while the call runs; what is needed of it is copied first.
  call::BackendClient* backend = nullptr;
  std::string own_name;
  {
    const auto catalog = board_.current();
    if (const CatalogEntry* entry = catalog->find(tool)) {
      const auto found = backends_.find(entry->backend);
      if (found != backends_.end()) backend = found->second;
      own_name = entry->own_name;
    }
  }
  if (backend == nullptr) co_return call::unknown_tool(tool);
  co_return co_await backend->call(context, std::move(own_name), arguments);
}

}  // namespace larkspur::gateway
