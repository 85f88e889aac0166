// route: from the published name to the source that has the tool and to its own name for it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "call/backend_client.h"
#include "call/outside.h"
#include "call/tool_source.h"
#include "gateway/catalog/catalog_board.h"

namespace larkspur::gateway {

// A tool of Larkspur's own: `facts` has its name and limits, `source` lists and performs it.
struct OwnTool {
  std::shared_ptr<const call::Tool> facts;
  call::ToolSource* source;
};

class RoutedTools : public call::ToolSource {
 public:
  // `board` and the clients outlive this.
  // `outside` is what own tools reach the world through.
  RoutedTools(const CatalogBoard& board, std::vector<call::BackendClient*> backends,
              call::Outside& outside);

  // Before serving starts. `source` outlives this.
  void add(OwnTool tool) { own_.push_back(std::move(tool)); }

  // What `published_name` means now; nullptr when nobody has it.
  std::shared_ptr<const call::Tool> find(std::string_view published_name) const;

  call::ToolList list(const call::Caller& caller, call::Audience audience) override;
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override;

 private:
  const CatalogBoard& board_;
  call::Outside& outside_;
  std::map<std::string, call::BackendClient*, std::less<>> backends_;
  std::vector<OwnTool> own_;
};

}  // namespace larkspur::gateway
