// What a tool takes, read once from its definition: for descriptions, for "did you mean", and for
// checks before anything runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace larkspur::call {

struct Parameter {
  std::string name;
  std::string type;  // as a reader of Python writes it: "str", "list[int]", "'open' | 'closed'"
  bool required = false;
};

struct ToolSchema {
  std::string summary;                // the description's first sentence, at most 160 bytes
  std::vector<Parameter> parameters;  // required ones first, else in the schema's order
  bool open = true;                   // takes parameters that it does not name, too
};

// Of a raw MCP Tool object. A schema that says little gives little; nothing is an error.
ToolSchema read_schema(std::string_view definition);

}  // namespace larkspur::call
