#include "app/ops_tools.h"

#include "ops/current_time.h"

namespace larkspur::app {

std::vector<std::unique_ptr<ops::BuiltinLeaf>> make_ops_tools(const config::Config& config) {
  std::vector<std::unique_ptr<ops::BuiltinLeaf>> leaves;
  const auto add = [&](std::unique_ptr<ops::BuiltinTool> tool) {
    leaves.push_back(std::make_unique<ops::BuiltinLeaf>(std::move(tool)));
  };
  const config::Tools& tools = config.tools;
  if (tools.kubectl.enabled || tools.prometheus.enabled || tools.alibaba_cloud.enabled) {
    add(ops::make_current_time_tool());
  }
  return leaves;
}

}  // namespace larkspur::app
