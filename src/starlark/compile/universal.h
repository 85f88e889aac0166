// The names that every script has without anybody giving them: len, sorted, json, ...
#pragma once

#include <string_view>
#include <vector>

namespace larkspur::starlark {

// In the order in which LoadUniversal counts them. Never changes while the program runs. None, True
// and False are no members: the compiler makes constants of them.
const std::vector<std::string_view>& universal_names();

}  // namespace larkspur::starlark
