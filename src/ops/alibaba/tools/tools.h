// The Alibaba Cloud tools. Each outlives no Cloud.
#pragma once

#include <memory>

#include "ops/alibaba/tools/support.h"

namespace larkspur::ops::alibaba {

std::unique_ptr<BuiltinTool> make_list_clusters(Cloud& cloud);
std::unique_ptr<BuiltinTool> make_list_cluster_nodepools(Cloud& cloud);
std::unique_ptr<BuiltinTool> make_list_cluster_nodes(Cloud& cloud);
std::unique_ptr<BuiltinTool> make_list_cluster_tasks(Cloud& cloud);
std::unique_ptr<BuiltinTool> make_diagnose_resource(Cloud& cloud, const ToolOptions& options);
std::unique_ptr<BuiltinTool> make_query_inspect_report(Cloud& cloud, const ToolOptions& options);
std::unique_ptr<BuiltinTool> make_query_audit_log(Cloud& cloud);
std::unique_ptr<BuiltinTool> make_query_controlplane_logs(Cloud& cloud);

}  // namespace larkspur::ops::alibaba
