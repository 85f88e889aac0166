#include "codemode/binding.h"

#include <algorithm>
#include <array>
#include <set>

#include "starlark/compile/universal.h"

namespace larkspur::codemode {

namespace {

// The words that Starlark keeps for itself, and the ones that it reserves (Starlark spec, Lexical
// elements).
constexpr std::array<std::string_view, 38> kKeywords = {
    "and",  "as",       "assert", "async",  "await",  "break",    "class",   "continue",
    "def",  "del",      "elif",   "else",   "except", "False",    "finally", "for",
    "from", "global",   "if",     "import", "in",     "is",       "lambda",  "load",
    "None", "nonlocal", "not",    "or",     "pass",   "raise",    "return",  "True",
    "try",  "while",    "with",   "yield",  "match",  "call_tool"};

bool is_taken(std::string_view name) {
  const auto& builtins = starlark::universal_names();
  return std::ranges::find(kKeywords, name) != kKeywords.end() ||
         std::ranges::find(builtins, name) != builtins.end();
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::string identifier_for(std::string_view tool_name) {
  std::string name;
  if (!tool_name.empty() && tool_name[0] >= '0' && tool_name[0] <= '9') name = "_";
  for (const char c : tool_name) name += is_word(c) ? c : '_';
  if (is_taken(name)) name += '_';
  return name;
}

std::vector<BoundTool> bind_tools(const call::ToolList& tools) {
  std::vector<BoundTool> bound;
  std::set<std::string> taken;
  for (const auto& tool : tools) {
    std::string identifier = identifier_for(tool->name);
    if (!taken.insert(identifier).second) identifier.clear();
    bound.push_back({tool, std::move(identifier)});
  }
  return bound;
}

std::vector<starlark::HostFunction> host_functions(const std::vector<BoundTool>& tools) {
  std::vector<starlark::HostFunction> functions;
  functions.reserve(tools.size() + 1);
  for (const BoundTool& bound : tools) {
    starlark::HostFunction function{.name = bound.identifier};
    for (const call::Parameter& each : bound.tool->schema.parameters) {
      function.parameters.push_back(each.name);
    }
    functions.push_back(std::move(function));
  }
  functions.push_back({.name = "call_tool", .parameters = {}, .takes_tool_name = true});
  return functions;
}

}  // namespace larkspur::codemode
