// kubectl as a tool: one command that has been looked at (policy.h), run without a shell.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "ops/builtin_tool.h"
#include "ops/kubernetes/kubeconfig.h"
#include "ops/kubernetes/kubectl_version.h"
#include "ops/kubernetes/policy.h"
#include "ops/private_files.h"

namespace larkspur::ops {

struct KubectlOptions {
  std::string name = "kubectl";  // "ack_kubectl" takes a cluster_id
  bool takes_cluster = false;
  std::string program = "kubectl";  // looked up in PATH when it has no slash
  KubectlRules rules;
  std::chrono::milliseconds timeout{30'000};
  std::size_t max_output_bytes = std::size_t{1} << 20;  // of stdout
  std::uint32_t max_concurrent = 8;                     // in this process; others wait
  std::uint32_t max_concurrent_per_cluster = 4;         // where the tool takes a cluster
  std::shared_ptr<const InstalledKubectl> installed;    // nullptr: nobody asks it
};

// `directory` is kubectl's HOME or cache, and outlives its children.
std::unique_ptr<BuiltinTool> make_kubectl_tool(KubectlOptions options,
                                               std::unique_ptr<KubeconfigSource> source,
                                               std::shared_ptr<PrivateDirectory> directory);

}  // namespace larkspur::ops
