// get_current_time: what time it is, for models that ask for "the last hour".
#pragma once

#include <memory>

#include "ops/builtin_tool.h"

namespace larkspur::ops {

std::unique_ptr<BuiltinTool> make_current_time_tool();

}  // namespace larkspur::ops
