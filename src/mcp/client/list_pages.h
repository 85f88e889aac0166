// The pages of one list (tools, prompts, resources, resource templates), put together; bounded,
// because a server may hand out cursors for ever.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace larkspur::mcp {

class ListPages {
 public:
  static constexpr std::size_t kMaxPages = 1'000;
  static constexpr std::size_t kMaxItems = 100'000;

  // Of "tools/list", "prompts/list", "resources/list" or "resources/templates/list".
  explicit ListPages(std::string_view method);

  // Takes the result of one page; gives the params that ask for the next, nullopt after the last.
  // kProtocol for what is no page and for a cursor that came before, kTooLarge past the limits.
  Result<std::optional<std::string>> add(std::string result);

  // Each item's raw object, in the server's order.
  std::vector<std::string> take() { return std::move(items_); }

 private:
  std::string_view method_;  // static text
  std::string_view member_;
  std::vector<std::string> items_;
  std::set<std::string, std::less<>> cursors_;
  std::size_t pages_ = 0;
};

}  // namespace larkspur::mcp
