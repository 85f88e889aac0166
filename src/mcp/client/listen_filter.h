// What to ask a modern server to tell us of (mcp 2026-07-28 subscriptions).
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace larkspur::mcp {

// The params of subscriptions/listen: every change that `capabilities`, the server's raw object,
// announces, and the updates of the resources `watched`; "" where there is nothing to ask for.
std::string listen_params(std::string_view capabilities, const std::set<std::string>& watched);

}  // namespace larkspur::mcp
