#include "ops/alibaba/cloud.h"

#include <algorithm>
#include <future>
#include <set>

#include "execlog/log.h"
#include "execlog/recording.h"
#include "execlog/store/memory_store.h"
#include "ops/alibaba/testing.h"

namespace larkspur::ops::alibaba {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

OpenApiAsk detail(Repeat repeat = Repeat::kFreely) {
  return {.action = "DescribeClusterDetail",
          .path = "/clusters/c1",
          .path_template = "/clusters/{ClusterId}",
          .repeat = repeat};
}

class CloudTest : public testing::Test {
 protected:
  CloudTest() {
    context_.outside = &way_out_.outside();
    context_.record = &recording_;
    context_.deadline = SteadyClock::now() + 30s;
  }

  Cloud make(FakeServices& services, Chain chain = static_chain()) {
    return Cloud({.endpoints = services.endpoints(),
                  .everybody = std::move(chain),
                  .surroundings = no_surroundings()});
  }
  OpenApiReply call(Cloud& cloud, OpenApiAsk ask = detail()) {
    return way_out_.loops().run(cloud.call(context_, std::move(ask)));
  }
  const std::vector<execlog::ApiCall>& entries() { return recording_.record().api_calls; }

  execlog::Log log_{
      std::make_unique<execlog::MemoryStore>(std::make_shared<execlog::MemoryStore::Written>()),
      {}};
  execlog::Recording recording_{log_, {.tool_name = "test"}};
  call::Caller caller_;
  call::CallContext context_{caller_};
  WayOut way_out_;
};

TEST_F(CloudTest, EveryAttemptIsSignedAnewAndAllAreOneEntry) {
  FakeServices services([](const net::HttpRequest&, int count) {
    if (count == 0) return json_answer(503, "{}");
    if (count == 1) {
      return json_answer(429, R"({"code":"Throttling.User"})", {{"x-acs-retry-after", "30"}});
    }
    return json_answer(200, R"({"region_id":"cn-x","requestId":"R3"})");
  });
  Cloud cloud = make(services, static_chain("token"));
  const auto reply = call(cloud);
  ASSERT_TRUE(reply) << reply.error().describe();
  EXPECT_EQ(reply->body.root()["region_id"].string(), "cn-x");

  std::set<std::string> nonces, signatures;
  for (const auto& request : services.requests()) {
    nonces.emplace(request.headers.get("x-acs-signature-nonce"));
    signatures.emplace(request.headers.get("authorization"));
    EXPECT_EQ(request.headers.get("x-acs-security-token"), "token");
  }
  EXPECT_THAT(nonces, SizeIs(3));
  EXPECT_THAT(signatures, SizeIs(3));
  ASSERT_THAT(entries(), SizeIs(1));
  EXPECT_EQ(entries()[0].api, "DescribeClusterDetail");
  EXPECT_EQ(entries()[0].attempts, 3);
  EXPECT_EQ(entries()[0].request_id, "R3");
  EXPECT_EQ(entries()[0].http_status, 200);
  EXPECT_THAT(entries()[0].retry_reasons, ElementsAre("http 503", "throttled"));
  EXPECT_EQ(recording_.record().principal->credential_id, "LTAI****st00");
}

// AC-3: a failed call keeps request id, status and the vendor's code.
TEST_F(CloudTest, Ac3AFailedCallKeepsItsRequestId) {
  FakeServices services([](const net::HttpRequest&, int) {
    return json_answer(404, R"({"code":"ErrorClusterNotFound","message":"no such cluster"})",
                       {{"x-acs-request-id", "FROM-HEADER"}});
  });
  Cloud cloud = make(services);
  const auto reply = call(cloud);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, "CLUSTER_NOT_FOUND");
  EXPECT_EQ(reply.error().request_id, "FROM-HEADER");
  EXPECT_THAT(services.requests(), SizeIs(1));
  ASSERT_THAT(entries(), SizeIs(1));
  EXPECT_EQ(entries()[0].status, execlog::ApiStatus::kFailed);
  EXPECT_EQ(entries()[0].request_id, "FROM-HEADER");
  EXPECT_EQ(entries()[0].error_code, "ErrorClusterNotFound");
  EXPECT_EQ(entries()[0].http_status, 404);
}

TEST_F(CloudTest, WhatMakesSomethingIsRepeatedOnlyWhenItDidNothing) {
  FakeServices failing([](const net::HttpRequest&, int) { return json_answer(500, "{}"); });
  Cloud first = make(failing);
  EXPECT_FALSE(call(first, detail(Repeat::kCarefully)));
  EXPECT_THAT(failing.requests(), SizeIs(1));

  FakeServices busy([](const net::HttpRequest&, int count) {
    return count == 0 ? json_answer(429, R"({"code":"Throttling"})") : json_answer(200, "{}");
  });
  Cloud second = make(busy);
  EXPECT_TRUE(call(second, detail(Repeat::kCarefully)));
  EXPECT_THAT(busy.requests(), SizeIs(2));
}

TEST(ClockSkew, FollowsTheServicesDate) {
  ClockSkew clock;
  EXPECT_TRUE(clock.learn("Wed, 01 Jan 2031 10:00:00 GMT"));
  EXPECT_TRUE(to_iso8601(clock.now()).starts_with("2031-01-01T10:0"));
  // Known already: asking once more would change nothing.
  EXPECT_FALSE(clock.learn("Wed, 01 Jan 2031 10:00:01 GMT"));
  for (const char* bad : {"", "nonsense", "Wed, 01 Foo 2031 10:00:00 GMT",
                          "Wed, 41 Jan 2031 10:00:00 GMT", "Wed, 01 Jan 2031 xx:00:00 GMT"}) {
    EXPECT_FALSE(clock.learn(bad)) << bad;
  }
}

// The service's own date agrees with ours, so there is nothing to learn and nothing to repeat.
TEST_F(CloudTest, ARefusedTimeIsNotRepeatedInVain) {
  FakeServices services([](const net::HttpRequest&, int) {
    return json_answer(400, R"({"Code":"InvalidTimeStamp.Expired"})");
  });
  Cloud cloud = make(services);
  EXPECT_EQ(call(cloud).error().code, "CLOCK_SKEW");
  EXPECT_THAT(services.requests(), SizeIs(1));
}

TEST_F(CloudTest, AnErrorInsideHttp200IsOne) {
  FakeServices services([](const net::HttpRequest&, int) {
    return json_answer(200, R"({"Code":404,"Message":"no instance","RequestId":"A1"})");
  });
  Cloud cloud = make(services);
  const auto reply =
      call(cloud, {.service = Service::kArms, .action = "GetPrometheusInstance", .method = "POST"});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().vendor_code, "404");
  EXPECT_EQ(entries()[0].status, execlog::ApiStatus::kFailed);
  EXPECT_EQ(entries()[0].request_id, "A1");
}

TEST_F(CloudTest, WhereNobodyListensTheErrorSaysSo) {
  const Chain chain = static_chain();
  Cloud cloud({.endpoints = {.overrides = {{"cs", "http://127.0.0.1:1"}}},
               .everybody = chain,
               .surroundings = no_surroundings()});
  const auto reply = call(cloud);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, "CONNECT_FAILED");
  EXPECT_EQ(entries()[0].attempts, 3);
  EXPECT_EQ(entries()[0].status, execlog::ApiStatus::kFailed);
}

TEST_F(CloudTest, TheRegionIsAskedForOnceAndMustBeOne) {
  FakeServices services([](const net::HttpRequest& request, int) {
    return json_answer(200, request.target.ends_with("evil") ? R"({"region_id":"x.evil.example/"})"
                                                             : R"({"regionId":"cn-beijing"})");
  });
  Cloud cloud = make(services);
  EXPECT_EQ(*way_out_.loops().run(cloud.region_of(context_, "c1")), "cn-beijing");
  EXPECT_EQ(*way_out_.loops().run(cloud.region_of(context_, "c1")), "cn-beijing");
  EXPECT_THAT(services.requests(), SizeIs(1));
  EXPECT_EQ(way_out_.loops().run(cloud.region_of(context_, "evil")).error().code, "MISS_REGION_ID");
}

TEST_F(CloudTest, ARequestsOwnCredentialsWinWhereTheyAreLetIn) {
  FakeServices services([](const net::HttpRequest&, int) { return json_answer(200, "{}"); });
  CloudOptions options{.endpoints = services.endpoints(),
                       .everybody = static_chain(),
                       .from_requests = true,
                       .surroundings = no_surroundings()};
  options.by_principal["alice"] = {
      .sources = {{"alices", StaticKeys{"LTAIalicealicealice1", execlog::Secret("s"), {}}}}};
  Cloud cloud(std::move(options));
  ASSERT_TRUE(call(cloud));
  caller_.principal = "alice";
  ASSERT_TRUE(call(cloud));
  caller_.forwarded.emplace("x-acs-accesskey-id", execlog::Secret("LTAIownownownownown1"));
  caller_.forwarded.emplace("x-acs-accesskey-secret", execlog::Secret("own"));
  ASSERT_TRUE(call(cloud));
  const auto requests = services.requests();
  EXPECT_THAT(requests[0].headers.get("authorization"), HasSubstr("=LTAI5tTEST"));
  EXPECT_THAT(requests[1].headers.get("authorization"), HasSubstr("=LTAIalice"));
  EXPECT_THAT(requests[2].headers.get("authorization"), HasSubstr("=LTAIown"));
}

LogQuery log_query() {
  return {
      .project = "p", .logstore = "audit-c1", .region = "cn-x", .from = 1, .to = 2, .query = "*"};
}

TEST_F(CloudTest, PartialLogAnswersAreAskedForAgainInOneEntry) {
  // The last answer is a literal-only LZ4 block.
  const std::string last =
      R"({"meta":{"progress":"Complete","count":1,"processedRows":9,"elapsedMillisecond":3},"data":[{"a":"1"}]})";
  FakeServices services([&](const net::HttpRequest& request, int count) {
    EXPECT_EQ(request.headers.get("accept-encoding"), "lz4");
    if (count < 2) return json_answer(200, R"({"meta":{"progress":"InComplete"},"data":[]})");
    std::string block = "\xf0";
    block += static_cast<char>(last.size() - 15);
    return json_answer(200, block + last,
                       {{"x-log-compresstype", "lz4"},
                        {"x-log-bodyrawsize", std::to_string(last.size())},
                        {"x-log-requestid", "L3"}});
  });
  Cloud cloud = make(services);
  const auto reply = way_out_.loops().run(cloud.get_logs(context_, log_query()));
  ASSERT_TRUE(reply) << reply.error().describe();
  EXPECT_TRUE(reply->complete);
  EXPECT_EQ(reply->rows().size(), 1u);
  ASSERT_THAT(entries(), SizeIs(1));
  EXPECT_EQ(entries()[0].attempts, 3);
  EXPECT_EQ(entries()[0].request_id, "L3");
  const auto& details = std::get<execlog::SlsCall>(entries()[0].details);
  EXPECT_EQ(details.log_count, 1);
  EXPECT_EQ(details.progress, "Complete");
  EXPECT_EQ(details.processed_rows, 9);
}

TEST_F(CloudTest, LogAnswersThatLieAreRefused) {
  const auto code = [&](net::HttpResponse answer) {
    FakeServices services([&](const net::HttpRequest&, int) { return answer; });
    Cloud cloud = make(services);
    const auto reply = way_out_.loops().run(cloud.get_logs(context_, log_query()));
    return reply ? "no error" : reply.error().code + ": " + reply.error().message;
  };
  EXPECT_THAT(code(json_answer(200, "[]")), HasSubstr("it has no rows"));
  EXPECT_THAT(code(json_answer(200, "{")), HasSubstr("BAD_ANSWER"));
  EXPECT_THAT(code(json_answer(200, "x", {{"x-log-compresstype", "zstd"}})),
              HasSubstr("was not asked for"));
  EXPECT_THAT(code(json_answer(200, "x", {{"x-log-compresstype", "lz4"}})),
              HasSubstr("without x-log-bodyrawsize"));
  EXPECT_THAT(
      code(json_answer(200, "\x10x",
                       {{"x-log-compresstype", "lz4"}, {"x-log-bodyrawsize", "99999999999"}})),
      HasSubstr("more than the"));
  EXPECT_THAT(code(json_answer(404, R"({"errorCode":"LogStoreNotExist","errorMessage":"m"})")),
              HasSubstr("LOGSTORE_NOT_FOUND"));
}

}  // namespace
}  // namespace larkspur::ops::alibaba
