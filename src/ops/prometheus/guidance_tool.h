// query_prometheus_metric_guidance: which metrics there are for a kind of resource, and queries
// that answer the usual questions, with what to do about the answers.
#pragma once

#include <memory>

#include "ops/builtin_tool.h"

namespace larkspur::ops {

std::unique_ptr<BuiltinTool> make_guidance_tool();

}  // namespace larkspur::ops
