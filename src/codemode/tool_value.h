// What a tool's result is worth to a script.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace larkspur::codemode {

// The JSON value that stands for a CallToolResult (raw): structuredContent where there is one, with
// {"result": v} unwrapped to v; else its content: one item as it is, several as a list, none as
// null. A text item is parsed where its whole text is JSON; other kinds of content stay the objects
// that they are.
Result<std::string> tool_value(std::string_view result);

// What a result with isError says: its text items, at most 2 KiB.
std::string tool_error(std::string_view result);

}  // namespace larkspur::codemode
