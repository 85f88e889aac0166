#include "mcp/client/tool_pages.h"

#include <fmt/format.h>

#include "json/value.h"

namespace larkspur::mcp {

Result<std::optional<std::string>> ToolPages::add(std::string result) {
  auto document = json::Document::parse(std::move(result));
  if (!document) return fail(ErrorCode::kProtocol, "tools/list: " + document.error().message);
  const json::Value tools = document->root()["tools"];
  if (!tools.is_array())
    return fail(ErrorCode::kProtocol, "tools/list: the result has no array `tools`");
  if (++pages_ > kMaxPages) {
    return fail(ErrorCode::kTooLarge, fmt::format("tools/list: more than {} pages", kMaxPages));
  }
  for (const json::Value tool : tools.elements()) {
    if (!tool.is_object()) return fail(ErrorCode::kProtocol, "tools/list: a tool is not an object");
    if (tools_.size() == kMaxTools) {
      return fail(ErrorCode::kTooLarge, fmt::format("tools/list: more than {} tools", kMaxTools));
    }
    tools_.emplace_back(tool.raw());
  }

  const json::Value cursor = document->root()["nextCursor"];
  if (!cursor.exists() || cursor.is_null()) return std::nullopt;
  if (!cursor.is_string())
    return fail(ErrorCode::kProtocol, "tools/list: nextCursor is not a string");
  if (!cursors_.emplace(cursor.string()).second) {
    return fail(ErrorCode::kProtocol,
                "tools/list: the server repeats a cursor; its list has no end");
  }
  return fmt::format(R"({{"cursor":{}}})", cursor.raw());
}

}  // namespace larkspur::mcp
