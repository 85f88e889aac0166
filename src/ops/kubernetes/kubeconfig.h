// Where kubectl's credentials for a cluster come from.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "execlog/secret.h"
#include "ops/builtin_tool.h"
#include "ops/private_files.h"
#include "ops/scrub.h"

namespace larkspur::ops {

// What one command is run with.
struct Kubeconfig {
  std::string path;
  std::string context;   // "": the file's current one
  bool own_home = true;  // HOME is a private directory, too; not where the operator's own
                         // file may name programs that look for theirs
  std::vector<std::string> warnings;
  std::shared_ptr<const PrivateFile> kept;  // keeps a file of ours there while the command runs
  Scrubber scrubber = {};                   // of its keys, tokens and passwords
};

// Writes its own entry (GetKubeconfig). Any loop.
class KubeconfigSource {
 public:
  virtual ~KubeconfigSource() = default;
  // `cluster_id` is "" where the tool takes none.
  virtual Async<std::expected<Kubeconfig, ToolFailure>> acquire(call::CallContext& context,
                                                                std::string cluster_id) = 0;
};

// LOCAL: the operator's own file, as it stands, for every cluster_id.
std::unique_ptr<KubeconfigSource> local_kubeconfig(std::string path, std::string context);

// INCLUSTER: the service account of the pod that we run in. The token's file is named, not copied:
// Kubernetes replaces its text.
struct InCluster {
  std::string host, port;  // KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT
  std::string directory = "/var/run/secrets/kubernetes.io/serviceaccount";
};
std::unique_ptr<KubeconfigSource> in_cluster_kubeconfig(std::shared_ptr<PrivateDirectory> directory,
                                                        InCluster cluster);

// ACK_PUBLIC and ACK_PRIVATE: what Alibaba Cloud issues, kept until five minutes before it expires.
struct IssuedKubeconfig {
  execlog::Secret yaml;
  EpochMs expires_at = 0;
};
class KubeconfigIssuer {
 public:
  virtual ~KubeconfigIssuer() = default;
  // Which credential this call would use: its masked id or a digest, never itself. Different
  // credentials never share a kubeconfig.
  virtual Async<std::expected<std::string, ToolFailure>> credential_id(
      call::CallContext& context) = 0;
  // DescribeClusterUserKubeconfig, for one hour. Writes its own entries.
  virtual Async<std::expected<IssuedKubeconfig, ToolFailure>> issue(call::CallContext& context,
                                                                    std::string cluster_id,
                                                                    bool private_network) = 0;
};
std::unique_ptr<KubeconfigSource> issued_kubeconfig(std::shared_ptr<PrivateDirectory> directory,
                                                    std::shared_ptr<KubeconfigIssuer> issuer,
                                                    bool private_network);

// Of the values of client-key-data, token, password and the like.
Scrubber kubeconfig_scrubber(std::string_view yaml);

// The host of the API server in a kubeconfig's text; "" unless it names exactly one.
std::string server_host(std::string_view yaml);

}  // namespace larkspur::ops
