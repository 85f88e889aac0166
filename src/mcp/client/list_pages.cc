#include "mcp/client/list_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "json/value.h"

namespace larkspur::mcp {
namespace {

struct ListMethod {
  std::string_view method;
  std::string_view member;  // of the result, with the items
};

constexpr std::array<ListMethod, 4> kLists = {{{"tools/list", "tools"},
                                               {"prompts/list", "prompts"},
                                               {"resources/list", "resources"},
                                               {"resources/templates/list", "resourceTemplates"}}};

}  // namespace

ListPages::ListPages(std::string_view method) {
  const ListMethod& list = *std::ranges::find(kLists, method, &ListMethod::method);
  method_ = list.method;
  member_ = list.member;
}

Result<std::optional<std::string>> ListPages::add(std::string result) {
  const auto refuse = [this](ErrorCode code, std::string_view what) {
    return fail(code, fmt::format("{}: {}", method_, what));
  };
  auto document = json::Document::parse(std::move(result));
  if (!document) return refuse(ErrorCode::kProtocol, document.error().message);
  const json::Value items = document->root()[member_];
  if (!items.is_array()) {
    return refuse(ErrorCode::kProtocol, fmt::format("the result has no array `{}`", member_));
  }
  if (++pages_ > kMaxPages) {
    return refuse(ErrorCode::kTooLarge, fmt::format("more than {} pages", kMaxPages));
  }
  for (const json::Value item : items.elements()) {
    if (!item.is_object()) return refuse(ErrorCode::kProtocol, "an item is not an object");
    if (items_.size() == kMaxItems) {
      return refuse(ErrorCode::kTooLarge, fmt::format("more than {} items", kMaxItems));
    }
    items_.emplace_back(item.raw());
  }

  const json::Value cursor = document->root()["nextCursor"];
  if (!cursor.exists() || cursor.is_null()) return std::nullopt;
  if (!cursor.is_string()) return refuse(ErrorCode::kProtocol, "nextCursor is not a string");
  if (!cursors_.emplace(cursor.string()).second) {
    return refuse(ErrorCode::kProtocol, "the server repeats a cursor; its list has no end");
  }
  return fmt::format(R"({{"cursor":{}}})", cursor.raw());
}

}  // namespace larkspur::mcp
