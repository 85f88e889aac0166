#include "ops/kubernetes/ack_issuer.h"

#include <fmt/format.h>

#include "base/random.h"
#include "ops/alibaba/tools/support.h"
#include "ops/time_range.h"

namespace larkspur::ops {

namespace {

constexpr int kLifeMinutes = 60;

class AckIssuer : public KubeconfigIssuer {
 public:
  explicit AckIssuer(std::shared_ptr<alibaba::Cloud> cloud) : cloud_(std::move(cloud)) {}

  // Two credentials may look alike once they are masked; their digests do not.
  Async<std::expected<std::string, ToolFailure>> credential_id(
      call::CallContext& context) override {
    const auto credentials = co_await cloud_->credentials(context);
    if (!credentials) {
      co_return alibaba::failed(credentials.error(), FailureStage::kResolveCredentials);
    }
    co_return sha256_hex((*credentials)->access_key_id);
  }

  Async<std::expected<IssuedKubeconfig, ToolFailure>> issue(call::CallContext& context,
                                                            std::string cluster_id,
                                                            bool private_network) override {
    const auto region = co_await cloud_->region_of(context, cluster_id);
    if (!region) co_return alibaba::failed(region.error(), FailureStage::kKubeconfigAcquisition);
    const auto answer = co_await cloud_->call(
        context, {.action = "DescribeClusterUserKubeconfig",
                  .path = fmt::format("/k8s/{}/user_config", cluster_id),
                  .path_template = "/k8s/{ClusterId}/user_config",
                  .query = {{"PrivateIpAddress", private_network ? "true" : "false"},
                            {"TemporaryDurationMinutes", std::to_string(kLifeMinutes)}},
                  .region = *region,
                  .cluster_id = cluster_id});
    if (!answer) co_return alibaba::failed(answer.error(), FailureStage::kKubeconfigAcquisition);
    const json::Value body = answer->body.root();
    const std::string_view yaml = body["config"].string();
    if (yaml.empty()) {
      co_return failed("NoKubeconfig", FailureStage::kKubeconfigAcquisition,
                       "Alibaba Cloud issued no kubeconfig for this cluster");
    }
    const EpochMs now = wall_clock_ms();
    const auto expires = parse_moment(body["expiration"].string(), now);
    co_return IssuedKubeconfig{.yaml = execlog::Secret(yaml),
                               .expires_at = expires ? *expires : now + kLifeMinutes * 60'000};
  }

 private:
  std::shared_ptr<alibaba::Cloud> cloud_;
};

}  // namespace

std::shared_ptr<KubeconfigIssuer> ack_issuer(std::shared_ptr<alibaba::Cloud> cloud) {
  return std::make_shared<AckIssuer>(std::move(cloud));
}

}  // namespace larkspur::ops
