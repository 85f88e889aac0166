// kubectl and Prometheus where Alibaba Cloud says who they are and where the server is.
#include "ops/kubernetes/ack_issuer.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "ops/alibaba/testing.h"
#include "ops/kubernetes/kubectl_tool.h"
#include "ops/prometheus/arms.h"
#include "ops/prometheus/query_tool.h"
#include "ops/testing.h"

namespace larkspur::ops {
namespace {

using alibaba::FakeServices;
using alibaba::json_answer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::shared_ptr<alibaba::Cloud> cloud(FakeServices& services) {
  return std::make_shared<alibaba::Cloud>(
      alibaba::CloudOptions{.endpoints = services.endpoints(),
                            .everybody = alibaba::static_chain(),
                            .surroundings = alibaba::no_surroundings()});
}

std::vector<std::string> apis(const Outcome& outcome) {
  std::vector<std::string> names;
  for (const auto& each : outcome.record.api_calls) names.push_back(each.api);
  return names;
}

class Ack : public testing::Test {
 protected:
  Ack() : directory_(*PrivateDirectory::make()) {
    const std::string path = directory_->path() + "/kubectl";
    std::ofstream(path) << "#!/bin/sh\ncat ${1#--kubeconfig=}\n";
    ::chmod(path.c_str(), 0700);
    options_ = {.name = "ack_kubectl", .takes_cluster = true, .program = path};
  }

  std::shared_ptr<PrivateDirectory> directory_;
  KubectlOptions options_;
};

TEST_F(Ack, TheKubeconfigIsIssuedOnceAndNeverShown) {
  FakeServices services([](const net::HttpRequest& request, int) {
    if (request.target.starts_with("/k8s/")) {
      return json_answer(
          200,
          R"({"config":"server: https://1.2.3.4:6443\ntoken: issued-canary\n","expiration":")" +
              to_iso8601(wall_clock_ms() + 3'600'000) + R"(","requestId":"R2"})");
    }
    return json_answer(200, R"({"region_id":"cn-x","requestId":"R1"})");
  });
  Trial trial(make_kubectl_tool(
      options_, issued_kubeconfig(directory_, ack_issuer(cloud(services)), true), directory_));
  const Outcome first = trial.call(R"({"command":"get pods","cluster_id":"c1"})");
  EXPECT_FALSE(first.is_error) << first.text;
  EXPECT_THAT(std::string(first.data()["stdout"].string()), HasSubstr("https://1.2.3.4:6443"));
  EXPECT_THAT(apis(first), ElementsAre("DescribeClusterDetail", "DescribeClusterUserKubeconfig",
                                       "GetKubeconfig", "KubectlCommand"));
  EXPECT_EQ(first.record.api_calls[1].request_id, "R2");
  EXPECT_THAT(services.requests().back().target, HasSubstr("PrivateIpAddress=true"));
  const auto& config = std::get<execlog::KubeconfigCall>(first.record.api_calls[2].details);
  EXPECT_EQ(config.mode, "ACK_PRIVATE");
  EXPECT_EQ(config.server_host, "1.2.3.4:6443");
  const Outcome second = trial.call(R"({"command":"get pods","cluster_id":"c1"})");
  EXPECT_THAT(apis(second), ElementsAre("GetKubeconfig", "KubectlCommand"));
  EXPECT_EQ(services.requests().size(), 2u);
}

TEST_F(Ack, ARefusalOfTheCloudIsTheFailure) {
  FakeServices services([](const net::HttpRequest&, int) {
    return json_answer(
        404, R"({"code":"ErrorClusterNotFound","message":"cluster not found","requestId":"R9"})");
  });
  Trial trial(make_kubectl_tool(
      options_, issued_kubeconfig(directory_, ack_issuer(cloud(services)), false), directory_));
  const Outcome outcome = trial.call(R"({"command":"get pods","cluster_id":"c1"})");
  EXPECT_TRUE(outcome.is_error);
  EXPECT_EQ(outcome.error_code(), "CLUSTER_NOT_FOUND");
  EXPECT_EQ(outcome.record.metadata->failure_stage, FailureStage::kKubeconfigAcquisition);
  EXPECT_THAT(apis(outcome), ElementsAre("DescribeClusterDetail"));
  EXPECT_EQ(outcome.record.api_calls[0].request_id, "R9");
}

TEST(Arms, NamesTheServerAndLocalHelpsOut) {
  const std::string up = R"({"status":"success","data":{"resultType":"vector","result":[]}})";
  net::TestServer prometheus(
      [&](net::HttpRequest& request, net::HttpResponder& responder) -> Async<void> {
        const bool known = request.headers.get("Authorization").starts_with("Basic ");
        co_await responder.send({known ? 200 : 401, {}, known ? up : "who?"});
      });
  bool has_instance = true;
  FakeServices services([&](const net::HttpRequest& request, int) {
    if (request.target.starts_with("/?")) {
      return json_answer(
          200, has_instance ? R"({"Code":200,"RequestId":"R","Data":{"HttpApiIntraUrl":")" +
                                  prometheus.url("/api/v1/prometheus/canary/1/c1/x/") + R"("}})"
                            : R"({"Code":200,"RequestId":"R","Data":{}})");
    }
    return json_answer(200, R"({"region_id":"cn-x"})");
  });
  const auto cs = cloud(services);
  Trial trial(make_prometheus_tool(
      {.needs_cluster = true},
      either_endpoint(arms_endpoints(cs, false), local_endpoints({}, prometheus.url(""))),
      ram_authorization(cs)));
  const Outcome named = trial.call(R"({"promql":"up","cluster_id":"c1"})");
  EXPECT_FALSE(named.is_error) << named.text;
  EXPECT_THAT(apis(named),
              ElementsAre("DescribeClusterDetail", "GetPrometheusInstance", "PrometheusQuery"));
  EXPECT_THAT(std::get<execlog::PrometheusCall>(named.record.api_calls[2].details).endpoint,
              Not(HasSubstr("canary")));
  has_instance = false;
  const Outcome local = trial.call(R"({"promql":"up","cluster_id":"c1"})");
  EXPECT_FALSE(local.is_error) << local.text;
  EXPECT_THAT(apis(local), Contains("GetPrometheusEndpoint"));
}

}  // namespace
}  // namespace larkspur::ops
