#include "codemode/toolbox.h"

#include <algorithm>

#include "base/random.h"
#include "json/writer.h"

namespace larkspur::codemode {

namespace {

// The text and the digest of the tools, for the log.
std::shared_ptr<const call::ToolsSeen> describe(const call::ToolList& tools) {
  json::Writer out;
  out.begin_array();
  for (const auto& tool : tools) {
    // A tool without a definition has its name at least.
    if (tool->definition.empty()) {
      out.begin_object().key("name").string(tool->name).end_object();
    } else {
      out.raw(tool->definition);
    }
  }
  auto seen = std::make_shared<call::ToolsSeen>();
  seen->definitions = out.end_array().take();
  seen->digest = "sha256:" + sha256_hex(seen->definitions);
  return seen;
}

std::shared_ptr<Toolbox> make_toolbox(const call::ToolList& list) {
  auto box = std::make_shared<Toolbox>();
  box->list = list;
  box->tools = bind_tools(list);
  box->functions = host_functions(box->tools);
  box->signatures = signatures(box->tools);
  box->seen = describe(list);
  return box;
}

}  // namespace

std::shared_ptr<const Toolbox> Toolboxes::of(const call::ToolList& list) {
  // A tool never changes, and a toolbox keeps its tools alive, so the same pointers mean the same
  // tools.
  const auto find = [this, &list]() -> std::shared_ptr<const Toolbox> {
    const auto found =
        std::ranges::find_if(recent_, [&list](const auto& box) { return box->list == list; });
    if (found == recent_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found);
    return recent_.front();
  };
  {
    const std::lock_guard lock(mutex_);
    if (auto known = find()) return known;
  }
  const std::shared_ptr<Toolbox> made = make_toolbox(list);
  const std::lock_guard lock(mutex_);
  if (auto known = find()) return known;  // another thread was faster
  made->id = ++last_id_;
  recent_.push_front(made);
  if (recent_.size() > kMost) recent_.pop_back();
  return made;
}

}  // namespace larkspur::codemode
