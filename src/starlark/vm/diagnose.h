// Words and places for errors.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace larkspur::starlark {

// `message` with what it quotes and its numbers replaced by "..." and N: fit for logs, which may
// not hold a script's values.
std::string without_values(std::string_view message);

// "did you mean x?", or "" when nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace larkspur::starlark
