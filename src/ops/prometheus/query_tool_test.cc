// Against a server that says what it is told to; the real one is in tests/e2e/test_prometheus.py.
#include "ops/prometheus/query_tool.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "ops/prometheus/guidance_tool.h"
#include "ops/prometheus/query_plan.h"
#include "ops/testing.h"

namespace larkspur::ops {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr EpochMs kNow = 1'768'464'000'000;  // 2026-01-15T08:00:00Z

std::string form(std::string_view start, std::string_view end, std::string_view step = "") {
  const auto plan = plan_query("up", start, end, step, 60s, kNow);
  return plan ? plan->path + "?" + plan->form : plan.error().message;
}

TEST(QueryPlan, AnInstantOrARange) {
  EXPECT_EQ(form("", ""), "/api/v1/query?query=up&timeout=60000ms");
  EXPECT_EQ(form("", "2026-01-15T07:00:00Z"),
            "/api/v1/query?query=up&timeout=60000ms&time=1768460400.000");
  EXPECT_EQ(form("1h", ""),
            "/api/v1/"
            "query_range?query=up&timeout=60000ms&start=1768460400.000&end=1768464000.000&step=15");
  EXPECT_EQ(form("1768460400.25", "now", "30"),
            "/api/v1/"
            "query_range?query=up&timeout=60000ms&start=1768460400.250&end=1768464000.000&step=30");
}

TEST(QueryPlan, TheStepFitsTheRange) {
  EXPECT_THAT(form("24h", ""), HasSubstr("&step=346"));  // 86400 / 250 = 345.6
  EXPECT_THAT(form("24h", "", "1h30m"), HasSubstr("&step=5400"));
  EXPECT_THAT(form("24h", "", "500ms"), HasSubstr("step: 172801 points"));
  EXPECT_THAT(form("24h", "", "500ms"), HasSubstr("at least 8s"));
  for (const char* bad : {"x", "-5", "0", "5x", "1h-3m", "nan", "inf", "1e99", "99999999999w"}) {
    EXPECT_THAT(form("1h", "", bad), HasSubstr("is no duration")) << bad;
  }
  EXPECT_THAT(form("", "", "30s"), HasSubstr("goes with start_time"));
}

TEST(QueryPlan, NothingOfAQueryEscapes) {
  const auto plan = plan_query("up{a=\"b&timeout=1\"} + 1\n", "", "", "", 1s, kNow);
  EXPECT_EQ(plan->form, "query=up%7Ba%3D%22b%26timeout%3D1%22%7D%20%2B%201%0A&timeout=1000ms");
  EXPECT_FALSE(plan_query(" ", "", "", "", 1s, kNow));
}

// Answers each request with the next of its answers, the last one for ever.
class Script {
 public:
  struct Answer {
    int status;
    std::string body;
  };
  explicit Script(std::vector<Answer> answers)
      : answers_(std::move(answers)),
        server_([this](net::HttpRequest& request, net::HttpResponder& responder) -> Async<void> {
          const Answer& answer = answers_[std::min(requests.size(), answers_.size() - 1)];
          requests.push_back(request);
          co_await responder.send(
              {answer.status, {{"Content-Type", "application/json"}}, answer.body});
        }) {}
  std::string url() { return server_.url(""); }
  std::vector<net::HttpRequest> requests;

 private:
  std::vector<Answer> answers_;
  net::TestServer server_;
};

const std::string kUp =
    R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"x"},"value":[1,"1"]}]}})";

std::unique_ptr<BuiltinTool> tool(const std::string& url,
                                  std::shared_ptr<Authorization> authorization = no_authorization(),
                                  PrometheusOptions options = {}) {
  return make_prometheus_tool(options, local_endpoints({}, url), std::move(authorization));
}

const execlog::PrometheusCall& query_of(const Outcome& outcome) {
  return std::get<execlog::PrometheusCall>(outcome.record.api_calls.back().details);
}

TEST(QueryPrometheus, ASuccessHasSeriesAndALeanRecord) {
  Script server({{200, kUp}});
  Trial trial(tool(server.url() + "/"));
  const Outcome outcome = trial.call(R"({"promql":"up","cluster_id":"c1"})");
  EXPECT_FALSE(outcome.is_error) << outcome.text;
  EXPECT_EQ(outcome.data()["resultType"].string(), "vector");
  EXPECT_EQ(outcome.data()["result"].raw(), R"([{"metric":{"job":"x"},"values":[[1,"1"]]}])");
  EXPECT_EQ(server.requests.at(0).method, "POST");
  EXPECT_EQ(server.requests.at(0).target, "/api/v1/query");
  EXPECT_THAT(server.requests.at(0).body, HasSubstr("query=up"));
  ASSERT_THAT(outcome.record.api_calls, SizeIs(2));
  EXPECT_EQ(outcome.record.api_calls[0].api, "GetPrometheusEndpoint");
  EXPECT_EQ(std::get<execlog::EndpointCall>(outcome.record.api_calls[0].details).source,
            "static_config");
  EXPECT_EQ(outcome.record.api_calls[1].api, "PrometheusQuery");
  EXPECT_EQ(outcome.record.api_calls[1].http_status, 200);
  EXPECT_EQ(query_of(outcome).response_size_bytes, static_cast<std::int64_t>(kUp.size()));
  EXPECT_EQ(query_of(outcome).series_count, 1);
  EXPECT_EQ(outcome.record.status, execlog::Status::kSuccess);
  EXPECT_FALSE(outcome.record.metadata);
}

TEST(QueryPrometheus, Ac6AnErrorIsOneWhateverTheStatus) {
  for (const int status : {200, 400, 422}) {
    Script server(
        {{status, R"({"status":"error","errorType":"bad_data","error":"1:4: parse error"})"}});
    Trial trial(tool(server.url()));
    const Outcome outcome = trial.call(R"({"promql":"up{"})");
    EXPECT_TRUE(outcome.is_error);
    EXPECT_EQ(outcome.error_code(), "QueryFailed");
    EXPECT_THAT(outcome.text, HasSubstr("bad_data): 1:4: parse error"));
    EXPECT_EQ(outcome.record.metadata->failure_stage, FailureStage::kPrometheusQuery);
    EXPECT_EQ(outcome.record.api_calls.back().status, execlog::ApiStatus::kFailed);
    EXPECT_EQ(outcome.record.api_calls.back().error_code, "bad_data");
  }
}

TEST(QueryPrometheus, AllErrorVectors) {
  std::ifstream file("src/ops/prometheus/testdata/error_bodies.json");
  const auto vectors = json::Document::parse(
      {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
  ASSERT_TRUE(vectors) << "run the tests from the source's root";
  EXPECT_EQ(vectors->root()["cases"].size(), 2u);
  for (const json::Value each : vectors->root()["cases"].elements()) {
    Script server(
        {{static_cast<int>(each["http"].integer().value_or(0)), std::string(each["body"].raw())}});
    Trial trial(tool(server.url()));
    const Outcome outcome = trial.call(R"({"promql":"up"})");
    EXPECT_TRUE(outcome.is_error);
    EXPECT_EQ(outcome.record.api_calls.back().error_code, each["expect"]["error_code"].string());
    EXPECT_THAT(outcome.text, HasSubstr(std::string(each["body"]["error"].string())));
    EXPECT_EQ(server.requests.size() > 1, each["expect"]["retryable"].boolean());
  }
}

TEST(QueryPrometheus, Ac1WhatPassesIsTriedAgainAndIsOneEntry) {
  Script server({{503, "busy"}, {429, "slow down"}, {200, kUp}});
  Trial trial(tool(server.url()));
  const Outcome outcome = trial.call(R"({"promql":"up"})");
  EXPECT_FALSE(outcome.is_error);
  ASSERT_THAT(outcome.record.api_calls, SizeIs(2));
  EXPECT_EQ(outcome.record.api_calls[1].attempts, 3);
  EXPECT_THAT(outcome.record.api_calls[1].retry_reasons, ElementsAre("http 503", "http 429"));
  EXPECT_EQ(server.requests.size(), 3u);
}

TEST(QueryPrometheus, AServerThatStaysDownIsAFailure) {
  Script server({{503, "busy"}});
  Trial trial(tool(server.url()));
  const Outcome outcome = trial.call(R"({"promql":"up"})");
  EXPECT_EQ(outcome.error_code(), "PrometheusAPIError");
  EXPECT_EQ(server.requests.size(), 3u);
  Trial nobody(tool("http://127.0.0.1:1"));
  EXPECT_EQ(nobody.call(R"({"promql":"up"})").error_code(), "unavailable");
}

TEST(QueryPrometheus, GetWhereAProxyRefusesPost) {
  Script server({{405, ""}, {200, kUp}});
  Trial trial(tool(server.url()));
  EXPECT_FALSE(trial.call(R"({"promql":"up"})").is_error);
  EXPECT_EQ(server.requests.at(1).method, "GET");
  EXPECT_THAT(server.requests.at(1).target, HasSubstr("/api/v1/query?query=up"));
}

TEST(QueryPrometheus, Ac36CredentialsAreSentAndNeverShown) {
  Script server({{401, "who are you?"}});
  for (const auto& [authorization, expected] :
       {std::pair(fixed_authorization(execlog::Secret("tok-canary-1")), "tok-canary-1"),
        std::pair(fixed_authorization(basic_authorization("ada", "tok-canary-1")),
                  "Basic YWRhOnRvay1jYW5hcnktMQ==")}) {
    Trial trial(tool(server.url(), authorization));
    const Outcome outcome = trial.call(R"({"promql":"up"})");
    EXPECT_EQ(server.requests.back().headers.get("Authorization"), expected);
    EXPECT_EQ(outcome.error_code(), "PrometheusAPIError");
    EXPECT_THAT(outcome.text, Not(HasSubstr("canary")));
    EXPECT_EQ(outcome.record.metadata->further.front().first, "hint");
  }
}

// Without a token, the path of an ARMS address is the credential.
TEST(QueryPrometheus, Ac19TheSecretPartOfAnAddressIsNotRecorded) {
  Script server({{200, kUp}});
  Trial trial(
      tool(server.url() +
           "/api/v1/prometheus/8cba801fff65546a3012e9a684canary/1234567890/c0123/cn-hangzhou"));
  const Outcome outcome = trial.call(R"({"promql":"up"})");
  EXPECT_THAT(server.requests.at(0).target, HasSubstr("canary"));
  EXPECT_EQ(query_of(outcome).endpoint,
            server.url() + "/api/v1/prometheus/[REDACTED]/api/v1/query");
  EXPECT_THAT(std::get<execlog::EndpointCall>(outcome.record.api_calls[0].details).endpoint,
              Not(HasSubstr("canary")));
}

// What a server says in its error is shown, but not all of it and not its secrets.
TEST(QueryPrometheus, Ac21AnErrorsTextIsCutAndWithoutSecrets) {
  const std::string secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ";
  const std::string said = "Authorization: Bearer " + secret + " " + std::string(100'000, 'x');
  for (const std::string& body :
       {said, R"({"status":"error","errorType":"bad_data","error":")" + said + R"("})"}) {
    Script server({{400, body}});
    Trial trial(tool(server.url()));
    const Outcome outcome = trial.call(R"({"promql":"up"})");
    EXPECT_TRUE(outcome.is_error);
    EXPECT_THAT(outcome.text, Not(HasSubstr("c2lnbmF0dXJl")));
    EXPECT_LE(outcome.text.size(), 4096u);
    ASSERT_TRUE(outcome.record.error);
    EXPECT_THAT(*outcome.record.error, Not(HasSubstr("c2lnbmF0dXJl")));
    EXPECT_LE(outcome.record.error->size(), execlog::kMaxErrorBytes);
    EXPECT_THAT(outcome.record.api_calls.back().error, Not(HasSubstr("c2lnbmF0dXJl")));
    EXPECT_LE(outcome.record.api_calls.back().error.size(), execlog::kMaxApiErrorBytes);
  }
}

TEST(QueryPrometheus, Ac12LimitsMakeAPartialAnswer) {
  Script server({{200, kUp}});
  Trial trial(
      tool(server.url(), no_authorization(), {.limits = {.max_series = 0, .max_samples = 0}}));
  const Outcome outcome = trial.call(R"({"promql":"up"})");
  EXPECT_FALSE(outcome.is_error);
  EXPECT_TRUE(outcome.data()["truncated"].boolean());
  EXPECT_EQ(outcome.record.status, execlog::Status::kPartial);
  EXPECT_EQ(query_of(outcome).truncated, true);
  Trial large(tool(server.url(), no_authorization(), {.max_response_bytes = 8}));
  EXPECT_EQ(large.call(R"({"promql":"up"})").error_code(), "too_large");
}

TEST(QueryPrometheus, TheEndpointOfTheClusterComesFirst) {
  Script own({{200, kUp}}), fallback({{200, kUp}});
  Trial trial(make_prometheus_tool({}, local_endpoints({{"c1", own.url()}}, fallback.url()),
                                   no_authorization()));
  trial.call(R"({"promql":"up","cluster_id":"c1"})");
  trial.call(R"({"promql":"up","cluster_id":"c2"})");
  EXPECT_EQ(own.requests.size(), 1u);
  EXPECT_EQ(fallback.requests.size(), 1u);

  ::setenv("PROMETHEUS_HTTP_API_c3", own.url().c_str(), 1);
  Trial by_environment(make_prometheus_tool({}, local_endpoints({}, ""), no_authorization()));
  const Outcome outcome = by_environment.call(R"({"promql":"up","cluster_id":"c3"})");
  EXPECT_EQ(std::get<execlog::EndpointCall>(outcome.record.api_calls[0].details).source,
            "env_var:PROMETHEUS_HTTP_API_c3");
  const Outcome missing = by_environment.call(R"({"promql":"up","cluster_id":"c4"})");
  EXPECT_EQ(missing.error_code(), "MissingEndpoint");
  EXPECT_EQ(missing.record.metadata->failure_stage, FailureStage::kResolveEndpoint);
  EXPECT_THAT(missing.record.api_calls, SizeIs(1));
}

TEST(QueryPrometheus, WrongArgumentsNeverReachTheServer) {
  Script server({{200, kUp}});
  Trial trial(tool(server.url(), no_authorization(), {.needs_cluster = true}));
  for (const char* arguments :
       {R"({"promql":"up"})", R"({"promql":"","cluster_id":"c1"})",
        R"({"promql":"up","cluster_id":"c1","start_time":"soon"})",
        R"({"promql":"up","cluster_id":"c1/../x"})",
        R"({"promql":"up","cluster_id":"c1","start_time":"1h","end_time":"2h"})"}) {
    const Outcome outcome = trial.call(arguments);
    EXPECT_EQ(outcome.error_code(), "InvalidArgument") << arguments;
    EXPECT_EQ(outcome.record.metadata->failure_stage, FailureStage::kValidateInput);
  }
  EXPECT_TRUE(server.requests.empty());
}

TEST(MetricGuidance, FindsByResourceAndCategory) {
  Trial trial(make_guidance_tool());
  const Outcome all = trial.call(R"({"resource_label":"node"})");
  EXPECT_GT(all.data()["metrics"].size(), 20u);
  EXPECT_GT(all.data()["promql_samples"].size(), 10u);
  const Outcome some = trial.call(R"({"resource_label":"node","metric_category":"Memory"})");
  EXPECT_LT(some.data()["metrics"].size(), all.data()["metrics"].size());
  for (const json::Value each : some.data()["metrics"].elements())
    EXPECT_EQ(each["category"].string(), "memory");
  for (const char* resource : {"pod", "container", "deployment", "daemonset", "job", "coredns",
                               "ingress", "hpa", "persistentvolume", "mountpoint"}) {
    EXPECT_GT(trial.call(R"({"resource_label":")" + std::string(resource) + R"("})")
                  .data()["metrics"]
                  .size(),
              0u)
        << resource;
  }
  EXPECT_EQ(trial.call(R"({"resource_label":"toaster"})").error_code(), "InvalidArgument");
  EXPECT_EQ(some.record.status, execlog::Status::kSuccess);
}

}  // namespace
}  // namespace larkspur::ops
