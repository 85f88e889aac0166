#include "codemode/binding.h"

#include <algorithm>
#include <set>

#include "starlark/compile/universal.h"
#include "starlark/syntax/lexer.h"

namespace larkspur::codemode {

namespace {

bool is_taken(std::string_view name) {
  if (starlark::word_kind(name) != starlark::TokenKind::kIdentifier) return true;
  if (name == "True" || name == "False" || name == "None" || name == "call_tool") return true;
  const auto& builtins = starlark::universal_names();
  return std::ranges::find(builtins, name) != builtins.end();
}

// What a literal may be where a tool's schema says `type`, as call::Parameter spells it. What is
// not understood may be anything.
unsigned types_of(std::string_view type) {
  using Type = starlark::Signature::Type;
  unsigned types = 0;
  while (!type.empty()) {
    const std::size_t bar = std::min(type.find(" | "), type.size());
    const std::string_view one = type.substr(0, bar);
    type.remove_prefix(std::min(bar + 3, type.size()));
    if (one == "str") {
      types |= Type::kString;
    } else if (one == "int" || one == "float") {
      types |= Type::kInt | Type::kFloat;  // 1.0 is an integer to JSON Schema
    } else if (one == "bool") {
      types |= Type::kBool;
    } else if (one == "dict") {
      types |= Type::kDict;
    } else if (one == "list" || (one.starts_with("list[") && bar == one.size() && type.empty())) {
      types |= Type::kList;
    } else if (one != "None") {
      return Type::kAnything;
    }
  }
  return types == 0 ? unsigned{Type::kAnything} : types;
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

std::vector<starlark::Signature> signatures(const std::vector<BoundTool>& tools) {
  std::vector<starlark::Signature> all;
  all.reserve(tools.size());
  for (const BoundTool& bound : tools) {
    const call::ToolSchema& schema = bound.tool->schema;
    starlark::Signature signature{
        .name = bound.identifier, .tool_name = bound.tool->name, .open = schema.open};
    for (const call::Parameter& each : schema.parameters) {
      signature.parameters.push_back(
          {each.name, static_cast<std::uint8_t>(types_of(each.type)), each.required});
    }
    all.push_back(std::move(signature));
  }
  return all;
}

}  // namespace larkspur::codemode
