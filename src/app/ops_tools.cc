#include "app/ops_tools.h"

#include <cstdlib>

#include "app/alibaba_tools.h"
#include "ops/current_time.h"
#include "ops/kubernetes/kubectl_tool.h"
#include "ops/prometheus/guidance_tool.h"
#include "ops/prometheus/query_tool.h"

namespace larkspur::app {

namespace {

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
    std::shared_ptr<ops::KubeconfigIssuer> issuer) {
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
  return ops::issued_kubeconfig(std::move(directory), std::move(issuer), is_private);
}

Result<std::unique_ptr<ops::BuiltinTool>> kubectl_tool(
    const config::Tools& tools, std::shared_ptr<ops::KubeconfigIssuer> issuer) {
  const config::KubectlTools& settings = tools.kubectl;
  const bool from_file = settings.kubeconfig_mode == config::KubeconfigMode::kLocal ||
                         settings.kubeconfig_mode == config::KubeconfigMode::kInCluster;
  if (!from_file && issuer == nullptr) {
    return fail(ErrorCode::kUnsupported,
                "tools.kubectl.kubeconfigMode: only LOCAL and INCLUSTER are there yet");
  }
  auto directory = ops::PrivateDirectory::make();
  if (!directory) return fail(std::move(directory.error()));
  ops::KubectlOptions options{.program = settings.command,
                              .rules = {.allow_write = settings.allow_write,
                                        .allow_sensitive = settings.allow_sensitive,
                                        .raw_paths = settings.raw_paths},
                              .timeout = settings.timeout,
                              .max_output_bytes = settings.max_output_bytes,
                              .max_concurrent = settings.max_concurrent};
  if (tools.alibaba_cloud.enabled) {
    options.name = "ack_kubectl";
    options.takes_cluster = true;
  }
  auto source = kubeconfig_source(settings, *directory, std::move(issuer));
  return ops::make_kubectl_tool(std::move(options), std::move(source), std::move(*directory));
}

std::shared_ptr<ops::Authorization> authorization(const config::PrometheusTools& settings) {
  const auto credential = [&](const char* name) -> const std::string& {
    return settings.credentials.at(name).reveal();  // config has checked that it is there
  };
  switch (settings.auth) {
    case config::PrometheusAuth::kToken:
      return ops::fixed_authorization(execlog::Secret(credential("token")));
    case config::PrometheusAuth::kBasic:
      return ops::fixed_authorization(
          ops::basic_authorization(credential("username"), credential("password")));
    case config::PrometheusAuth::kNone:
    case config::PrometheusAuth::kRam:
      break;
  }
  return ops::no_authorization();
}

Result<std::unique_ptr<ops::BuiltinTool>> prometheus_tool(const config::Tools& tools) {
  const config::PrometheusTools& settings = tools.prometheus;
  if (settings.auth == config::PrometheusAuth::kRam ||
      settings.endpoint_mode != config::PrometheusMode::kLocal) {
    return fail(ErrorCode::kUnsupported,
                "tools.prometheus: only endpointMode LOCAL with auth none, token or basic is there "
                "yet");
  }
  return ops::make_prometheus_tool(
      {.needs_cluster = tools.alibaba_cloud.enabled,
       .timeout = settings.timeout,
       .max_response_bytes = settings.max_response_bytes,
       .limits = {.max_series = settings.max_series, .max_samples = settings.max_samples}},
      ops::local_endpoints(settings.endpoints, settings.endpoint), authorization(settings));
}

}  // namespace

Result<std::vector<std::unique_ptr<ops::BuiltinLeaf>>> make_ops_tools(
    const config::Config& config) {
  std::vector<std::unique_ptr<ops::BuiltinLeaf>> leaves;
  const auto add = [&](std::unique_ptr<ops::BuiltinTool> tool) {
    leaves.push_back(std::make_unique<ops::BuiltinLeaf>(std::move(tool)));
  };
  const config::Tools& tools = config.tools;
  if (tools.kubectl.enabled || tools.prometheus.enabled || tools.alibaba_cloud.enabled) {
    add(ops::make_current_time_tool());
  }
  if (tools.alibaba_cloud.enabled) {
    const auto cloud = make_alibaba_cloud(tools.alibaba_cloud);
    for (auto& tool : make_alibaba_tools(tools.alibaba_cloud, cloud)) add(std::move(tool));
  }
  if (tools.kubectl.enabled) {
    auto tool = kubectl_tool(tools, nullptr);
    if (!tool) return fail(std::move(tool.error()));
    add(std::move(*tool));
  }
  if (tools.prometheus.enabled) {
    auto tool = prometheus_tool(tools);
    if (!tool) return fail(std::move(tool.error()));
    add(std::move(*tool));
    add(ops::make_guidance_tool());
  }
  return leaves;
}

}  // namespace larkspur::app
