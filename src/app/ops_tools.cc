#include "app/ops_tools.h"

#include <cstdlib>

#include "app/alibaba_tools.h"
#include "ops/current_time.h"
#include "ops/kubernetes/ack_issuer.h"
#include "ops/kubernetes/kubectl_tool.h"
#include "ops/prometheus/arms.h"
#include "ops/prometheus/guidance_tool.h"
#include "ops/prometheus/query_tool.h"
#include "ops/workload/tools.h"

namespace larkspur::app {

namespace {

using CloudPtr = std::shared_ptr<ops::alibaba::Cloud>;  // null where alibabaCloud is off

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string kubeconfig_path(const config::KubectlTools& settings) {
  std::string path = settings.kubeconfig;
  if (path.empty()) path = environment("KUBECONFIG");
  if (path.empty()) path = "~/.kube/config";
  return path.starts_with("~/") ? environment("HOME") + path.substr(1) : path;
}

std::unique_ptr<ops::KubeconfigSource> kubeconfig_source(
    const config::KubectlTools& settings, std::shared_ptr<ops::PrivateDirectory> directory,
    CloudPtr cloud) {
  switch (settings.kubeconfig_mode) {
    case config::KubeconfigMode::kLocal:
      return ops::local_kubeconfig(kubeconfig_path(settings), settings.context);
    case config::KubeconfigMode::kInCluster:
      return ops::in_cluster_kubeconfig(std::move(directory),
                                        {.host = environment("KUBERNETES_SERVICE_HOST"),
                                         .port = environment("KUBERNETES_SERVICE_PORT")});
    case config::KubeconfigMode::kAckPublic:
    case config::KubeconfigMode::kAckPrivate:
      break;
  }
  const bool is_private = settings.kubeconfig_mode == config::KubeconfigMode::kAckPrivate;
  return ops::issued_kubeconfig(std::move(directory), ops::ack_issuer(std::move(cloud)),
                                is_private);
}

Result<std::unique_ptr<ops::BuiltinTool>> kubectl_tool(
    const config::Tools& tools, CloudPtr cloud,
    std::shared_ptr<const ops::InstalledKubectl> installed) {
  const config::KubectlTools& settings = tools.kubectl;
  auto directory = ops::PrivateDirectory::make();
  if (!directory) return fail(std::move(directory.error()));
  ops::KubectlOptions options{.program = settings.command,
                              .rules = {.allow_write = settings.allow_write,
                                        .allow_sensitive = settings.allow_sensitive,
                                        .raw_paths = settings.raw_paths},
                              .timeout = settings.timeout,
                              .max_output_bytes = settings.max_output_bytes,
                              .max_concurrent = settings.max_concurrent,
                              .max_concurrent_per_cluster = settings.max_concurrent_per_cluster,
                              .installed = std::move(installed)};
  if (tools.alibaba_cloud.enabled) {
    options.name = "ack_kubectl";
    options.takes_cluster = true;
  }
  auto source = kubeconfig_source(settings, *directory, std::move(cloud));
  return ops::make_kubectl_tool(std::move(options), std::move(source), std::move(*directory));
}

std::shared_ptr<ops::Authorization> authorization(const config::PrometheusTools& settings,
                                                  CloudPtr cloud) {
  const auto credential = [&](const char* name) -> const std::string& {
    return settings.credentials.at(name).reveal();  // config has checked that it is there
  };
  switch (settings.auth) {
    case config::PrometheusAuth::kToken:
      return ops::fixed_authorization(execlog::Secret(credential("token")));
    case config::PrometheusAuth::kBasic:
      return ops::fixed_authorization(
          ops::basic_authorization(credential("username"), credential("password")));
    case config::PrometheusAuth::kRam:
      return ops::ram_authorization(std::move(cloud));
    case config::PrometheusAuth::kNone:
      break;
  }
  return ops::no_authorization();
}

std::shared_ptr<ops::EndpointSource> endpoints(const config::PrometheusTools& settings,
                                               CloudPtr cloud) {
  auto local = ops::local_endpoints(settings.endpoints, settings.endpoint);
  if (settings.endpoint_mode == config::PrometheusMode::kLocal) return local;
  const bool is_private = settings.endpoint_mode == config::PrometheusMode::kArmsPrivate;
  return ops::either_endpoint(ops::arms_endpoints(std::move(cloud), is_private), std::move(local));
}

// What the tools about Prometheus share.
struct Prometheus {
  std::shared_ptr<ops::EndpointSource> endpoints;
  std::shared_ptr<ops::Authorization> authorization;
  ops::PrometheusOptions options;

  std::unique_ptr<ops::BuiltinTool> tool() const {
    return ops::make_prometheus_tool(options, endpoints, authorization);
  }
  // For analyses: as much as they ask for, whatever clients may have.
  std::unique_ptr<ops::BuiltinTool> inner_tool() const {
    ops::PrometheusOptions wide = options;
    wide.limits = {.max_series = 2, .max_samples = 2 * ops::kWeekOfMinutes};
    return ops::make_prometheus_tool(wide, endpoints, authorization);
  }
};

Prometheus prometheus(const config::Tools& tools, const CloudPtr& cloud) {
  const config::PrometheusTools& settings = tools.prometheus;
  return {.endpoints = endpoints(settings, cloud),
          .authorization = authorization(settings, cloud),
          .options = {
              .needs_cluster = tools.alibaba_cloud.enabled,
              .timeout = settings.timeout,
              .max_response_bytes = settings.max_response_bytes,
              .limits = {.max_series = settings.max_series, .max_samples = settings.max_samples}}};
}

}  // namespace

Result<std::vector<std::unique_ptr<ops::BuiltinLeaf>>> make_ops_tools(
    const config::Config& config, std::shared_ptr<const ops::InstalledKubectl> kubectl) {
  std::vector<std::unique_ptr<ops::BuiltinLeaf>> leaves;
  const auto add = [&](std::shared_ptr<ops::BuiltinTool> tool) {
    leaves.push_back(std::make_unique<ops::BuiltinLeaf>(std::move(tool)));
  };
  const config::Tools& tools = config.tools;
  if (tools.kubectl.enabled || tools.prometheus.enabled || tools.alibaba_cloud.enabled) {
    add(ops::make_current_time_tool());
  }
  CloudPtr cloud;
  if (tools.alibaba_cloud.enabled) {
    cloud = make_alibaba_cloud(tools.alibaba_cloud);
    for (auto& tool : make_alibaba_tools(tools.alibaba_cloud, cloud)) add(std::move(tool));
  }
  std::shared_ptr<ops::BuiltinTool> commands;  // kubectl, where it is enabled
  if (tools.kubectl.enabled) {
    auto tool = kubectl_tool(tools, cloud, std::move(kubectl));
    if (!tool) return fail(std::move(tool.error()));
    commands = std::move(*tool);
    add(commands);
    add(ops::make_workload_cost(commands));
  }
  if (tools.prometheus.enabled) {
    const Prometheus servers = prometheus(tools, cloud);
    add(servers.tool());
    add(ops::make_guidance_tool());
    if (commands) add(ops::make_workload_autoscaling(commands, servers.inner_tool()));
  }
  return leaves;
}

}  // namespace larkspur::app
