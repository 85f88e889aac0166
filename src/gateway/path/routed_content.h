// Prompts and resources: which exist, who may have them, and which source a fetch goes to. The leaf
// of their path is a ToolSource whose tools are the three methods (prompts/get, resources/read,
// completion/complete), so that a fetch takes the same steps as a call: record, limit.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "call/backend_client.h"
#include "call/content_source.h"
#include "gateway/catalog/catalog_board.h"
#include "gateway/path/policy.h"

namespace larkspur::gateway {

// Resources of Larkspur's own: every URI that begins with `prefix` is this source's. It outlives
// the gateway.
struct OwnContent {
  std::string prefix;  // "execution://"
  call::ContentSource* source;
};

class RoutedContent : public call::ContentSource, public call::ToolSource {
 public:
  // All outlive this.
  RoutedContent(const CatalogBoard& board, const Policy& policy,
                std::vector<call::BackendClient*> backends);

  // Before serving starts.
  void add(OwnContent content) { own_.push_back(std::move(content)); }

  call::ContentList list(const call::Caller& caller, call::ContentKind kind) override;
  std::shared_ptr<const call::Content> find(call::ContentKind kind,
                                            std::string_view key) const override;
  Async<call::CallReply> fetch(call::CallContext& context, std::string_view method,
                               std::string_view params) override;
  // What find() gives, where the caller may have it.
  std::shared_ptr<const call::Content> find_allowed(const call::Caller& caller,
                                                    call::ContentKind kind,
                                                    std::string_view key) const;

  // ToolSource: a method is a tool that nobody lists, its params are the arguments.
  call::ToolList list(const call::Caller&, call::Audience) override { return {}; }
  Async<call::CallReply> call(call::CallContext& context, std::string_view method,
                              std::string_view params) override {
    return fetch(context, method, params);
  }

 private:
  call::ContentSource* own_source(const call::Content& content) const;

  const CatalogBoard& board_;
  const Policy& policy_;
  std::map<std::string, call::BackendClient*, std::less<>> backends_;
  std::vector<OwnContent> own_;
};

}  // namespace larkspur::gateway
