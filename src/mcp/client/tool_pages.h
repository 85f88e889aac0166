// The pages of one tools/list, put together; bounded, because a server may hand out cursors for
// ever.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace larkspur::mcp {

class ToolPages {
 public:
  static constexpr std::size_t kMaxPages = 1'000;
  static constexpr std::size_t kMaxTools = 100'000;

  // Takes the result of one page; gives the params that ask for the next, nullopt after the last.
  // kProtocol for what is no page and for a cursor that came before, kTooLarge past the limits.
  Result<std::optional<std::string>> add(std::string result);

  std::vector<std::string> take() { return std::move(tools_); }

 private:
  std::vector<std::string> tools_;
  std::set<std::string, std::less<>> cursors_;
  std::size_t pages_ = 0;
};

}  // namespace larkspur::mcp
