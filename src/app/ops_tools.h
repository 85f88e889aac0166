// The operations tools that the configuration asks for.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "ops/builtin_tool.h"
#include "ops/kubernetes/kubectl_version.h"

namespace larkspur::app {

// Ready to be added to the gateway. Reads files and the environment: before the loops run.
// `kubectl` may be told its version later.
Result<std::vector<std::unique_ptr<ops::BuiltinLeaf>>> make_ops_tools(
    const config::Config& config, std::shared_ptr<const ops::InstalledKubectl> kubectl);

}  // namespace larkspur::app
