// The Alibaba Cloud tools.
#pragma once

#include <memory>

#include "ops/alibaba/tools/support.h"

namespace larkspur::ops::alibaba {

std::unique_ptr<BuiltinTool> make_list_clusters(std::shared_ptr<Cloud> cloud);
std::unique_ptr<BuiltinTool> make_list_cluster_nodepools(std::shared_ptr<Cloud> cloud);
std::unique_ptr<BuiltinTool> make_list_cluster_nodes(std::shared_ptr<Cloud> cloud);
std::unique_ptr<BuiltinTool> make_list_cluster_tasks(std::shared_ptr<Cloud> cloud);
std::unique_ptr<BuiltinTool> make_diagnose_resource(std::shared_ptr<Cloud> cloud,
                                                    const ToolOptions& options);
std::unique_ptr<BuiltinTool> make_query_inspect_report(std::shared_ptr<Cloud> cloud,
                                                       const ToolOptions& options);
std::unique_ptr<BuiltinTool> make_query_audit_log(std::shared_ptr<Cloud> cloud);
std::unique_ptr<BuiltinTool> make_query_controlplane_logs(std::shared_ptr<Cloud> cloud);

}  // namespace larkspur::ops::alibaba
