#include "codemode/tools_seen.h"

#include "base/random.h"
#include "json/writer.h"

namespace larkspur::codemode {

namespace {

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

}  // namespace

std::shared_ptr<const call::ToolsSeen> tools_seen(const call::ToolList& tools) {
  // A tool never changes; the list keeps its tools alive, so that the same pointers mean the same
  // tools.
  thread_local call::ToolList last_tools;
  thread_local std::shared_ptr<const call::ToolsSeen> last;
  if (!last || last_tools != tools) {
    last = describe(tools);
    last_tools = tools;
  }
  return last;
}

}  // namespace larkspur::codemode
