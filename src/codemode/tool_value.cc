#include "codemode/tool_value.h"

#include <vector>

#include "base/text.h"
#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::codemode {

namespace {

std::string unwrap(std::string_view structured) {
  if (const auto members = json::split_object(structured)) {
    if (members->size() == 1 && members->front().key == "result") {
      return std::string(members->front().raw);
    }
  }
  return std::string(structured);
}

std::string item_value(json::Value item) {
  if (item["type"].string() != "text" || !item["text"].is_string()) return std::string(item.raw());
  const std::string_view text = item["text"].string();
  if (const std::string_view inner = trim(text); json::check(inner)) return std::string(inner);
  return json::quote(text);
}

}  // namespace

Result<std::string> tool_value(std::string_view result) {
  const auto members = json::split_object(result);
  if (!members) return fail(members.error());
  const std::string_view structured = json::find_member(*members, "structuredContent");
  if (!structured.empty() && structured != "null") return unwrap(structured);

  auto content = json::Document::parse(std::string(json::find_member(*members, "content")));
  if (!content) return std::string("null");  // no content at all
  const json::Value items = content->root();
  if (items.size() == 0) return std::string("null");
  if (items.size() == 1) return item_value(*items.elements().begin());
  json::Writer list;
  list.begin_array();
  for (const json::Value item : items.elements()) list.raw(item_value(item));
  list.end_array();
  return list.take();
}

std::string tool_error(std::string_view result) {
  constexpr std::size_t kMaxBytes = 2048;
  std::string text;
  if (const auto document = json::Document::parse(std::string(result))) {
    for (const json::Value item : document->root()["content"].elements()) {
      if (!item["text"].is_string()) continue;
      if (!text.empty()) text += '\n';
      text += item["text"].string();
    }
  }
  if (text.empty()) return "the tool answered with an error and no text";
  return std::string(truncate_utf8(text, kMaxBytes));
}

}  // namespace larkspur::codemode
