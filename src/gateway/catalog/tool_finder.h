// What a published name means, whoever may know of it.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "call/tool_source.h"
#include "mcp/auth/authenticator.h"
#include "mcp/client/param_headers.h"

namespace larkspur::gateway {

// Any loop.
class ToolFinder {
 public:
  virtual ~ToolFinder() = default;
  // nullptr when nobody has it.
  virtual std::shared_ptr<const call::Tool> find(std::string_view published_name) const = 0;
  // The arguments that the tool wants to see in headers, too; null where there are none, or where
  // `who` may not know of it.
  virtual std::shared_ptr<const std::vector<mcp::ParamHeader>> param_headers(
      const mcp::Identity& who, std::string_view published_name) const {
    static_cast<void>(who), static_cast<void>(published_name);
    return nullptr;
  }
};

}  // namespace larkspur::gateway
