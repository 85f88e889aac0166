// Alibaba Cloud's part of the operations tools.
#pragma once

#include <memory>
#include <vector>

#include "config/config.h"
#include "ops/alibaba/cloud.h"
#include "ops/builtin_tool.h"

namespace larkspur::app {

// Reads profile files and the environment. What tools of other groups that talk to Alibaba Cloud
// share with its own.
std::shared_ptr<ops::alibaba::Cloud> make_alibaba_cloud(const config::AlibabaCloudTools& settings);

std::vector<std::unique_ptr<ops::BuiltinTool>> make_alibaba_tools(
    const config::AlibabaCloudTools& settings, const std::shared_ptr<ops::alibaba::Cloud>& cloud);

}  // namespace larkspur::app
