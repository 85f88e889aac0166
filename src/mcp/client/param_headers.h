// Arguments that a tool wants to see in headers, too: Mcp-Param-{Name} for every property of its
// inputSchema that has an `x-mcp-header` (mcp 2026-07-28 streamable HTTP, custom headers).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_message.h"

namespace larkspur::mcp {

struct ParamHeader {
  std::string name;               // "Mcp-Param-Region"
  std::vector<std::string> path;  // the property's name, below those that it lies in
};

// Of `definition`, a raw MCP Tool object. An error, naming what is wrong, for a tool that breaks
// the rules: such a tool must not be used over HTTP. Only properties that are reached by
// `properties` alone count.
Result<std::vector<ParamHeader>> read_param_headers(std::string_view definition);

// The headers of a call with `arguments`, a raw object or "". What is null or absent has none.
net::Headers param_headers(const std::vector<ParamHeader>& wanted, std::string_view arguments);

}  // namespace larkspur::mcp
