// The tools that scripts see, in every form in which a run wants them. Made once for a list of
// tools and shared by all runs that see the same list.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "call/script_facts.h"
#include "call/tool_source.h"
#include "codemode/binding.h"
#include "starlark/starlark.h"

namespace larkspur::codemode {

// Immutable.
struct Toolbox {
  std::uint64_t id = 0;  // no other has it, as long as the process lives
  call::ToolList list;
  std::vector<BoundTool> tools;
  starlark::HostFunctions functions;
  std::vector<starlark::Signature> signatures;
  std::shared_ptr<const call::ToolsSeen> seen;
};

// The toolboxes of the lists that were asked for last: callers differ in what they may call, and
// tools change now and then. Any thread.
class Toolboxes {
 public:
  static constexpr std::size_t kMost = 32;

  std::shared_ptr<const Toolbox> of(const call::ToolList& list);

 private:
  std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::list<std::shared_ptr<const Toolbox>> recent_;  // the last one used comes first
};

}  // namespace larkspur::codemode
