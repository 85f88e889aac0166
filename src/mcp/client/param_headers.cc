#include "mcp/client/param_headers.h"

#include <algorithm>

#include "base/text.h"
#include "json/value.h"
#include "mcp/client/outgoing.h"

namespace larkspur::mcp {
namespace {

constexpr std::string_view kAnnotation = "x-mcp-header";

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.contains(c);
  });
}

bool may_be_header(const json::Value& property) {
  const std::string_view type = property["type"].string();
  return type == "string" || type == "integer" || type == "boolean";
}

// Adds those of one schema's properties and of the objects below; what is wrong, or "".
std::string collect(const json::Value& schema, std::vector<std::string>& path,
                    std::vector<ParamHeader>& found) {
  for (const auto [key, property] : schema["properties"].members()) {
    path.emplace_back(key);
    if (const json::Value annotation = property[kAnnotation]; annotation.exists()) {
      const std::string name = "Mcp-Param-" + std::string(annotation.string());
      const auto same = [&](const ParamHeader& each) {
        return equals_ignore_case(each.name, name);
      };
      const std::string place = "property '" + printable(key) + "': ";
      if (!is_token(annotation.string())) return place + "its x-mcp-header is no header name";
      if (!may_be_header(property)) {
        return place + "x-mcp-header is for strings, integers and booleans";
      }
      if (std::ranges::any_of(found, same)) return place + "another one has the same x-mcp-header";
      found.push_back({name, path});
    }
    if (std::string problem = collect(property, path, found); !problem.empty()) return problem;
    path.pop_back();
  }
  return {};
}

}  // namespace

Result<std::vector<ParamHeader>> read_param_headers(std::string_view definition) {
  std::vector<ParamHeader> found;
  if (!definition.contains(kAnnotation)) return found;  // nearly every tool
  const auto document = json::Document::parse(std::string(definition));
  if (!document) return fail(document.error());
  std::vector<std::string> path;
  std::string problem = collect(document->root()["inputSchema"], path, found);
  if (!problem.empty()) return fail(ErrorCode::kProtocol, std::move(problem));
  return found;
}

net::Headers param_headers(const std::vector<ParamHeader>& wanted, std::string_view arguments) {
  net::Headers headers;
  if (wanted.empty()) return headers;
  const auto document = json::Document::parse(std::string(arguments.empty() ? "{}" : arguments));
  if (!document) return headers;
  for (const ParamHeader& each : wanted) {
    json::Value value = document->root();
    for (const std::string& key : each.path) value = value[key];
    if (value.is_string()) headers.set(each.name, header_value(value.string()));
    if (value.is_number() || value.is_bool()) headers.set(each.name, std::string(value.raw()));
  }
  return headers;
}

}  // namespace larkspur::mcp
