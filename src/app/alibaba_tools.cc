#include "app/alibaba_tools.h"

#include "ops/alibaba/tools/tools.h"

namespace larkspur::app {

namespace {

using namespace ops::alibaba;

Chain chain_of(const config::AlibabaCredentials& settings) {
  Source keys{"configuration", StaticKeys{settings.access_key_id.reveal(),
                                          execlog::Secret(settings.access_key_secret.reveal()),
                                          execlog::Secret(settings.security_token.reveal())}};
  Chain chain;
  if (settings.role_arn.empty()) {
    chain.sources.push_back(std::move(keys));
  } else {
    AssumedRole role{std::make_shared<const Source>(std::move(keys)), settings.role_arn, "larkspur",
                     ""};
    chain.sources.push_back({"ram_role_arn", std::move(role)});
  }
  return chain;
}

}  // namespace

std::shared_ptr<Cloud> make_alibaba_cloud(const config::AlibabaCloudTools& settings) {
  CloudOptions options;
  options.endpoints.overrides = {settings.endpoints.begin(), settings.endpoints.end()};
  options.endpoints.vpc = settings.vpc;
  options.region = settings.region_id;
  options.from_requests = settings.request_credentials;
  options.surroundings = this_machine();
  options.everybody = default_chain(options.surroundings);
  for (const config::AlibabaCredentials& each : settings.credentials) {
    options.by_principal.emplace(each.principal, chain_of(each));
  }
  return std::make_shared<Cloud>(std::move(options));
}

std::vector<std::unique_ptr<ops::BuiltinTool>> make_alibaba_tools(
    const config::AlibabaCloudTools& settings, const std::shared_ptr<Cloud>& cloud) {
  const ToolOptions options{.allow_diagnostics = settings.allow_diagnostics,
                            .diagnosis_timeout = settings.diagnosis_timeout,
                            .diagnosis_poll_interval = settings.diagnosis_poll_interval,
                            .inspection_timeout = settings.inspection_timeout,
                            .inspection_poll_interval = settings.inspection_poll_interval};
  std::vector<std::unique_ptr<ops::BuiltinTool>> tools;
  tools.push_back(make_list_clusters(cloud));
  tools.push_back(make_list_cluster_nodepools(cloud));
  tools.push_back(make_list_cluster_nodes(cloud));
  tools.push_back(make_list_cluster_tasks(cloud));
  tools.push_back(make_diagnose_resource(cloud, options));
  tools.push_back(make_query_inspect_report(cloud, options));
  tools.push_back(make_query_audit_log(cloud));
  tools.push_back(make_query_controlplane_logs(cloud));
  return tools;
}

}  // namespace larkspur::app
