#include "codemode/description.h"

#include "call/output.h"
#include "json/writer.h"

namespace larkspur::codemode {

namespace {

constexpr std::string_view kIntroduction =
    R"(Runs one Starlark script (a small Python) on the server that can call many tools with loops, conditions and parallel calls, and returns one result. Use it whenever a task needs more than one tool call: what the script does not return costs you nothing.

- Call a tool by its name with keyword arguments: issue = github_get_issue(number=7). call_tool("any-name", key=value) works too.
- A call gives the tool's data (dict, list, str, ...), already decoded from JSON. A tool that fails ends the script with its message.
- parallel([lambda: a(x=1), lambda: b(y=2)]) runs calls at the same time and gives their results in order.
- Each key of `data` is a variable. `return value` at the top level gives the result. print() lines come back as logs.
- No import, class, try or with. Strings are not iterable: use s.elems(). json.decode and json.encode exist.

Callable tools:
)";

constexpr std::string_view kInputSchema =
    R"({"type":"object","properties":{"script":{"type":"string","description":"Starlark source. A top-level return gives the result."},"data":{"type":"object","description":"Values for the script: each key is a variable of that name.","additionalProperties":true}},"required":["script"],"additionalProperties":false})";

constexpr std::string_view kOutputProperties =
    R"({"result":{"description":"What the script returned."},"logs":{"type":"array","items":{"type":"string"},"description":"What it printed, line by line."},"error":{"type":"object","properties":{"type":{"type":"string"},"message":{"type":"string"},"line":{"type":"integer"},"column":{"type":"integer"}},"required":["type","message"]},"calls":{"type":"array","description":"After a failure: the tool calls that had run.","items":{"type":"object","properties":{"tool":{"type":"string"},"place":{"type":"string"},"ok":{"type":"boolean"},"duration_ms":{"type":"integer"}},"required":["tool","place","ok","duration_ms"]}}})";

}  // namespace

std::string signature(const BoundTool& bound) {
  const bool by_name = bound.identifier.empty();
  std::string text = by_name ? "call_tool(\"" + bound.tool->name + "\"" : bound.identifier + "(";
  bool first = !by_name;
  for (const call::Parameter& each : bound.tool->schema.parameters) {
    if (!first) text += ", ";
    first = false;
    text += each.name + ": " + each.type;
    if (!each.required) text += " = ...";
  }
  return text + ")";
}

std::string script_tool_definition(const std::vector<BoundTool>& tools) {
  std::string description(kIntroduction);
  for (const BoundTool& bound : tools) {
    description += "- " + signature(bound);
    if (!bound.tool->schema.summary.empty()) description += " - " + bound.tool->schema.summary;
    description += '\n';
  }
  if (tools.empty()) description += "(none at the moment)\n";

  json::Writer writer;
  writer.begin_object();
  writer.key("name").string(call::kScriptToolName);
  writer.key("title").string("Run a script over many tools");
  writer.key("description").string(description);
  writer.key("inputSchema").raw(kInputSchema);
  writer.key("outputSchema").raw(call::output_schema(kOutputProperties));
  writer.end_object();
  return writer.take();
}

}  // namespace larkspur::codemode
