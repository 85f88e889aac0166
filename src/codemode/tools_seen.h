// The text and the digest of the tools that scripts see, made once as long as they stay the same.
#pragma once

#include <memory>

#include "call/script_facts.h"
#include "call/tool_source.h"

namespace larkspur::codemode {

// Any thread; every thread remembers the last list that it was asked for.
std::shared_ptr<const call::ToolsSeen> tools_seen(const call::ToolList& tools);

}  // namespace larkspur::codemode
