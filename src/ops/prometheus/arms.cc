#include "ops/prometheus/arms.h"

#include "ops/alibaba/tools/support.h"

namespace larkspur::ops {

namespace {

class ArmsEndpoints : public EndpointSource {
 public:
  ArmsEndpoints(std::shared_ptr<alibaba::Cloud> cloud, bool private_network)
      : cloud_(std::move(cloud)), private_(private_network) {}

  Async<std::expected<std::string, ToolFailure>> find(call::CallContext& context,
                                                      std::string cluster_id) override {
    const auto region = co_await cloud_->region_of(context, cluster_id);
    if (!region) co_return alibaba::failed(region.error(), FailureStage::kResolveEndpoint);
    const auto answer =
        co_await cloud_->call(context, {.service = alibaba::Service::kArms,
                                        .action = "GetPrometheusInstance",
                                        .method = "POST",
                                        .query = {{"ClusterId", cluster_id}, {"RegionId", *region}},
                                        .region = *region,
                                        .cluster_id = cluster_id});
    if (!answer) co_return alibaba::failed(answer.error(), FailureStage::kResolveEndpoint);
    const json::Value data = answer->body.root()["Data"];
    const std::string_view open = data["HttpApiInterUrl"].string();
    const std::string_view intranet = data["HttpApiIntraUrl"].string();
    std::string url(private_ ? intranet : open);
    if (url.empty()) url = private_ ? open : intranet;
    if (url.empty()) {
      co_return failed("MissingEndpoint", FailureStage::kResolveEndpoint,
                       "ARMS has no Prometheus server for this cluster; install its agent, or set "
                       "tools.prometheus.endpoints");
    }
    while (url.ends_with('/')) url.pop_back();
    co_return url;
  }

 private:
  std::shared_ptr<alibaba::Cloud> cloud_;
  bool private_;
};

class RamAuthorization : public Authorization {
 public:
  explicit RamAuthorization(std::shared_ptr<alibaba::Cloud> cloud) : cloud_(std::move(cloud)) {}

  Async<std::expected<execlog::Secret, ToolFailure>> value(call::CallContext& context) override {
    const auto credentials = co_await cloud_->credentials(context);
    if (!credentials) {
      co_return alibaba::failed(credentials.error(), FailureStage::kResolveCredentials);
    }
    co_return basic_authorization((*credentials)->access_key_id,
                                  (*credentials)->access_key_secret.reveal());
  }

 private:
  std::shared_ptr<alibaba::Cloud> cloud_;
};

}  // namespace

std::shared_ptr<EndpointSource> arms_endpoints(std::shared_ptr<alibaba::Cloud> cloud,
                                               bool private_network) {
  return std::make_shared<ArmsEndpoints>(std::move(cloud), private_network);
}

std::shared_ptr<Authorization> ram_authorization(std::shared_ptr<alibaba::Cloud> cloud) {
  return std::make_shared<RamAuthorization>(std::move(cloud));
}

}  // namespace larkspur::ops
