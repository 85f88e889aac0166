// The names that every script has without anybody giving them: len, sorted, json, ...
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace larkspur::starlark {

// In the order in which LoadUniversal counts them. Never changes while the program runs. None, True
// and False are no members: the compiler makes constants of them. Behind those of every script come
// the names of lib/testing.def.
const std::vector<std::string_view>& universal_names();
// How many of them scripts see.
std::size_t universal_count(bool testing);

// The parameters of a function of the library, in the words of functions.def; nothing for others.
std::optional<std::string_view> universal_parameters(std::string_view name);

// What load("json.star", ...) and its like can name: universal names all of them. Empty where this
// is no module of the library.
std::span<const std::string_view> library_exports(std::string_view module, bool testing);
// The place in universal_names() of a name that a module of the library exports.
std::size_t library_index(std::string_view name);

}  // namespace larkspur::starlark
