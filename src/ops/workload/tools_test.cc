// Both analyses over tools that say what they are told to; the real ones are in
// tests/e2e/test_workload.py.
#include "ops/workload/tools.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

#include "json/writer.h"
#include "ops/testing.h"

namespace larkspur::ops {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Stands in for kubectl, and for query_prometheus: one text parameter, one answer to each.
class Fake : public BuiltinTool {
 public:
  using Answer = std::function<ToolReply(const std::string& asked)>;
  Fake(std::string name, std::string parameter, bool takes_cluster, Answer answer)
      : parameter_(std::move(parameter)), answer_(std::move(answer)) {
    spec_ = {.name = std::move(name),
             .parameters = {{.name = parameter_, .required = true, .max_bytes = 1 << 14}}};
    if (takes_cluster) {
      spec_.parameters.push_back({.name = "cluster_id", .required = true});
      spec_.scope_argument = "cluster_id";
    }
    for (const char* each : {"start_time", "end_time", "step"}) {
      if (parameter_ == "promql") spec_.parameters.push_back({.name = each});
    }
  }
  const ToolSpec& spec() const override { return spec_; }
  Async<ToolReply> run(call::CallContext&, const Arguments& arguments) override {
    asked.emplace_back(arguments.text(parameter_));
    co_return answer_(asked.back());
  }

  std::vector<std::string> asked;

 private:
  ToolSpec spec_;
  std::string parameter_;
  Answer answer_;
};

ToolReply printed(std::string_view text) {
  json::Writer out;
  out.begin_object().key("stdout").string(text).key("truncated").boolean(false);
  return ToolOutput{.structured = out.end_object().take(), .warnings = {"one cluster only"}};
}
ToolReply refused(std::string code, std::string message) {
  auto failure = failed(std::move(code), FailureStage::kKubectlExecution, std::move(message));
  failure.error().structured = R"({"command":"x","stdout":"","exit_code":1})";
  return failure;
}

constexpr const char* kWeb =
    R"({"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"spec":{"containers":[
    {"resources":{"requests":{"cpu":"500m","memory":"128Mi"},"limits":{"memory":"256Mi"}}}]}}},
    "status":{"readyReplicas":2}})";
constexpr const char* kRecommendation =
    R"({"items":[{"metadata":{"labels":{"alpha.alibabacloud.com/recommendation-status":"Working"}},
    "status":{"recommendResources":{"containerRecommendations":[{"containerName":"app",
    "target":{"cpu":"100m","memory":"252Mi"}}]}}}]})";
constexpr const char* kArguments =
    R"({"cluster_id":"c1","namespace":"shop","workload_type":"Deployment","workload_name":"web.x"})";

// What a healthy cluster says.
ToolReply healthy(const std::string& command) {
  if (command.starts_with("get deployments.apps")) return printed(kWeb);
  if (command.starts_with("top pods")) return printed("web-1 250m 64Mi\nweb-2 750m 192Mi\n");
  return printed(kRecommendation);
}

std::shared_ptr<Fake> kubectl(Fake::Answer answer, bool takes_cluster = true) {
  return std::make_shared<Fake>("ack_kubectl", "command", takes_cluster, std::move(answer));
}

TEST(WorkloadCost, SuccessSaysUsageRequestsAndRecommendation) {
  const auto cluster = kubectl(healthy);
  Trial trial(make_workload_cost(cluster));
  const Outcome outcome = trial.call(kArguments);
  ASSERT_FALSE(outcome.is_error) << outcome.text;
  const json::Value metrics = outcome.data()["resource_metrics"];
  EXPECT_EQ(metrics.raw(),
            R"({"cpu_usage":"0.500","cpu_request":"0.500","cpu_limit":"未配置",)"
            R"("memory_usage":"128Mi","memory_request":"128Mi","memory_limit":"256Mi",)"
            R"("cpu_utilization":1,"memory_utilization":1})");
  EXPECT_EQ(outcome.data()["resource_recommendation"].raw(),
            R"({"containers":[{"container_name":"app","cpu_recommended":"0.130",)"
            R"("memory_recommended":"330Mi"}],"resource_recommendation_status":"Working"})");
  EXPECT_EQ(outcome.data()["cluster_id"].string(), "c1");
  EXPECT_THAT(
      cluster->asked,
      ElementsAre("get deployments.apps web.x -n shop -o json",
                  "top pods -n shop -l 'app=web' --no-headers",
                  "get recommendation -n shop -l "
                  "'alpha.alibabacloud.com/recommendation-workload-namespace=shop,"
                  "alpha.alibabacloud.com/recommendation-workload-name=web.x,"
                  "alpha.alibabacloud.com/recommendation-workload-kind=Deployment' -o json"));
  EXPECT_EQ(outcome.record.status, execlog::Status::kSuccess);
  EXPECT_THAT(outcome.record.warnings, ElementsAre("one cluster only"));  // not three times
  EXPECT_EQ(trial.heard.messages.size(), 3U);
}

TEST(WorkloadCost, Ac6NoUsageIsAPartialAnswerAndNoWorkloadIsAnError) {
  Trial partial(make_workload_cost(kubectl([](const std::string& command) {
    return command.starts_with("top") ? refused("Forbidden", "may not") : healthy(command);
  })));
  const Outcome some = partial.call(kArguments);
  EXPECT_FALSE(some.is_error);
  EXPECT_EQ(some.data()["resource_metrics"]["cpu_usage"].string(), "N/A");
  EXPECT_TRUE(some.data()["resource_metrics"]["cpu_utilization"].is_null());
  EXPECT_EQ(some.record.status, execlog::Status::kPartial);

  Trial missing(make_workload_cost(kubectl([](const std::string&) {
    return refused("NotFound", "deployments.apps \"web\" not found");
  })));
  const Outcome none = missing.call(kArguments);
  EXPECT_TRUE(none.is_error);
  EXPECT_EQ(none.error_code(), "NotFound");
  EXPECT_EQ(none.data()["workload_name"].string(), "web.x");
  EXPECT_FALSE(none.data()["exit_code"].exists());  // kubectl's output is not ours
  EXPECT_EQ(none.record.metadata->failure_stage, FailureStage::kKubectlExecution);
}

TEST(WorkloadCost, AClusterWithoutProfilingHasNoRecommendation) {
  Trial without(make_workload_cost(kubectl([](const std::string& command) {
    return command.starts_with("get recommendation")
               ? refused("KubectlFailed", "error: the server doesn't have a resource type \"x\"")
               : healthy(command);
  })));
  const Outcome outcome = without.call(kArguments);
  EXPECT_TRUE(outcome.data()["resource_recommendation"].is_null());
  EXPECT_EQ(outcome.record.status, execlog::Status::kSuccess);
  Trial forbidden(make_workload_cost(kubectl([](const std::string& command) {
    return command.starts_with("get recommendation") ? refused("Forbidden", "may not")
                                                     : healthy(command);
  })));
  EXPECT_EQ(forbidden.call(kArguments).record.status, execlog::Status::kPartial);
}

TEST(WorkloadCost, AnswersThatCannotBeReadAreErrors) {
  Trial strange(make_workload_cost(kubectl([](const std::string&) { return printed("[]"); })));
  EXPECT_EQ(strange.call(kArguments).record.metadata->failure_stage, FailureStage::kDecodeResponse);
  Trial cut(make_workload_cost(kubectl([](const std::string&) -> ToolReply {
    return ToolOutput{.structured = R"({"stdout":"{","truncated":true})"};
  })));
  EXPECT_EQ(cut.call(kArguments).error_code(), "OutputTooLarge");
}

TEST(WorkloadCost, NothingOfAnArgumentReachesACommandLine) {
  const auto cluster = kubectl(healthy);
  Trial trial(make_workload_cost(cluster));
  for (const char* bad : {"web --all", "web;ls", "-A", "web/x", "WEB", "web'", ""}) {
    json::Writer arguments;
    arguments.begin_object().key("cluster_id").string("c1").key("namespace").string("shop");
    arguments.key("workload_type").string("sts").key("workload_name").string(bad);
    EXPECT_EQ(trial.call(arguments.end_object().take()).error_code(), "InvalidArgument") << bad;
  }
  EXPECT_EQ(trial
                .call(R"({"cluster_id":"c1","namespace":"shop","workload_type":"pod",)"
                      R"("workload_name":"web"})")
                .error_code(),
            "InvalidArgument");
  EXPECT_THAT(cluster->asked, testing::IsEmpty());
}

// A day at `low`, a day at `high`, for both resources.
std::string usage(double low, double high) {
  std::string values[2];
  for (int minute = 0; minute < 2 * 1440; ++minute) {
    const double value = minute < 1440 ? low : high;
    const char* comma = minute == 0 ? "" : ",";
    const int at = 1'768'464'000 + 60 * minute;
    values[0] += fmt::format("{}[{},\"{}\"]", comma, at, value);
    values[1] += fmt::format("{}[{},\"{}\"]", comma, at, value * 100 * 1024 * 1024);
  }
  return fmt::format(
      R"({{"resultType":"matrix","result":[{{"metric":{{"resource":"cpu"}},"values":[{}]}},)"
      R"({{"metric":{{"resource":"memory"}},"values":[{},[1768800000,"NaN"]]}}],"truncated":false}})",
      values[0], values[1]);
}

std::shared_ptr<Fake> prometheus(std::string structured) {
  return std::make_shared<Fake>("query_prometheus", "promql", true,
                                [structured](const std::string&) -> ToolReply {
                                  return ToolOutput{.structured = structured};
                                });
}

TEST(WorkloadAutoscaling, SuccessRecommendsWhatTheFormulasSay) {
  const auto server = prometheus(usage(0.1, 16));
  Trial trial(make_workload_autoscaling(kubectl(healthy), server));
  const Outcome outcome = trial.call(kArguments);
  ASSERT_FALSE(outcome.is_error) << outcome.text;
  EXPECT_EQ(outcome.data()["hpa_recommendation"]["min_replicas"].integer(), 64);  // 16/(.5*.5)
  EXPECT_EQ(outcome.data()["hpa_recommendation"]["max_replicas"].integer(), 128);
  EXPECT_EQ(outcome.data()["hpa_recommendation"]["target_utilization"].raw(),
            R"({"cpu":"75%","memory":"75%"})");
  EXPECT_EQ(outcome.data()["hpa_recommendation"]["average_utilization"]["cpu"].string(), "1610%");
  const json::Value cpu = *outcome.data()["resource_analysis"].elements().begin();
  EXPECT_EQ(cpu.raw(),
            R"({"resource_type":"cpu","pod_request":"0.5 Core","is_volatile":true,"percentiles":)"
            R"({"min":"0.1 Core","max":"16.0 Core","avg":"8.05 Core","p95":"16.0 Core",)"
            R"("p99":"16.0 Core"}})");
  // One question for both, in which a name is only a name.
  ASSERT_EQ(server->asked.size(), 1U);
  EXPECT_THAT(server->asked[0],
              HasSubstr(R"(namespace="shop",pod=~"web\\.x-[a-z0-9]{1,10}-[a-z0-9]{5}",)"));
  EXPECT_EQ(outcome.record.status, execlog::Status::kSuccess);
}

std::string message_of(const Outcome& outcome) {
  EXPECT_FALSE(outcome.data()["hpa_recommendation"]["recommended"].boolean(true));
  return std::string(outcome.data()["hpa_recommendation"]["message"].string());
}

TEST(WorkloadAutoscaling, ReasonsAgainst) {
  Trial calm(make_workload_autoscaling(kubectl(healthy), prometheus(usage(0.4, 0.5))));
  EXPECT_THAT(message_of(calm.call(kArguments)), HasSubstr("hardly moved"));

  const auto with = [](std::string_view object) {
    return kubectl([object](const std::string&) { return printed(object); });
  };
  Trial unready(make_workload_autoscaling(
      with(
          R"({"spec":{"replicas":5,"selector":{"matchLabels":{"a":"b"}},"template":{"spec":{"containers":[{}]}}},"status":{"readyReplicas":2}})"),
      prometheus(usage(0.1, 16))));
  EXPECT_THAT(message_of(unready.call(kArguments)), HasSubstr("2 of 5 replicas are ready"));

  Trial unset(make_workload_autoscaling(
      with(
          R"({"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"spec":{"containers":[{"resources":{"requests":{"cpu":"100m"}}}]}}},"status":{"readyReplicas":1}})"),
      prometheus(usage(0.1, 16))));
  const Outcome outcome = unset.call(kArguments);
  EXPECT_THAT(message_of(outcome), HasSubstr("it takes requests"));
  EXPECT_THAT(outcome.record.warnings, Contains(HasSubstr("request no memory")));
}

TEST(WorkloadAutoscaling, Ac6NoDataIsAPartialAnswerAndARefusedQueryIsAnError) {
  Trial empty(make_workload_autoscaling(kubectl(healthy), prometheus(R"({"result":[]})")));
  const Outcome none = empty.call(kArguments);
  EXPECT_EQ(none.data()["resource_analysis"].raw(), "[]");
  EXPECT_THAT(message_of(none), HasSubstr("no data"));
  EXPECT_EQ(none.record.status, execlog::Status::kPartial);

  const auto broken = std::make_shared<Fake>(
      "query_prometheus", "promql", true, [](const std::string&) -> ToolReply {
        return failed("QueryFailed", FailureStage::kPrometheusQuery, "execution");
      });
  Trial refused_query(make_workload_autoscaling(kubectl(healthy), broken));
  const Outcome outcome = refused_query.call(kArguments);
  EXPECT_EQ(outcome.error_code(), "QueryFailed");
  EXPECT_EQ(outcome.record.metadata->failure_stage, FailureStage::kPrometheusQuery);
  EXPECT_EQ(outcome.data()["namespace"].string(), "shop");
}

TEST(WorkloadTools, TakeAClusterWhereTheirSourcesDo) {
  Trial cost(make_workload_cost(kubectl(healthy, false)));
  EXPECT_THAT(cost.facts().definition, Not(HasSubstr("\"cluster_id\":{\"type\":\"string\"")));
  EXPECT_FALSE(
      cost.call(R"({"namespace":"shop","workload_type":"deploy","workload_name":"web"})").is_error);
  Trial scaling(make_workload_autoscaling(kubectl(healthy, false), prometheus(usage(0.1, 16))));
  EXPECT_FALSE(scaling.call(kArguments).is_error);  // Prometheus takes the id, kubectl none
  EXPECT_THAT(scaling.facts().definition, HasSubstr("\"readOnlyHint\":true"));
}

}  // namespace
}  // namespace larkspur::ops
