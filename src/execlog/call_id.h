// tool_call_id: "{tool}_{scope or -}_{epoch_ms}-{worker}{counter}".
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace larkspur::execlog {

// An id that this process makes once, from any thread; characters outside [A-Za-z0-9_.:-] of the
// names become '_', long names are cut. `worker` is two digits in base 36 that tell the calling
// threads apart for people; `counter` is the process's own and starts at a random place, so that
// replicas that start together do not count together.
std::string make_tool_call_id(std::string_view tool, std::string_view scope, EpochMs when);

// 1 to 256 characters of an id's alphabet.
bool is_tool_call_id(std::string_view text);

}  // namespace larkspur::execlog
