// What a published name means, whoever may know of it.
#pragma once

#include <memory>
#include <string_view>

#include "call/tool_source.h"

namespace larkspur::gateway {

// Any loop.
class ToolFinder {
 public:
  virtual ~ToolFinder() = default;
  // nullptr when nobody has it.
  virtual std::shared_ptr<const call::Tool> find(std::string_view published_name) const = 0;
};

}  // namespace larkspur::gateway
