#include "app/ops_tools.h"

#include <cstdlib>

#include "ops/current_time.h"
#include "ops/kubernetes/kubectl_tool.h"

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
  if (tools.kubectl.enabled) {
    auto tool = kubectl_tool(tools, nullptr);
    if (!tool) return fail(std::move(tool.error()));
    add(std::move(*tool));
  }
  return leaves;
}

}  // namespace larkspur::app
