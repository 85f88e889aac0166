#include "ops/alibaba/credentials/renewed.h"

#include <fmt/format.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "ops/alibaba/testing.h"

namespace larkspur::ops::alibaba {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string sts_answer(int number, std::int64_t life_ms) {
  return fmt::format(
      R"({{"RequestId":"S{0}","Credentials":{{"AccessKeyId":"STS.key{0}","AccessKeySecret":"s",)"
      R"("SecurityToken":"t{0}","Expiration":"{1}"}}}})",
      number, to_iso8601(wall_clock_ms() + life_ms));
}

std::string metadata_answer(std::int64_t life_ms) {
  return fmt::format(
      R"({{"Code":"Success","AccessKeyId":"STS.ecs","AccessKeySecret":"s","SecurityToken":"t",)"
      R"("Expiration":"{}"}})",
      to_iso8601(wall_clock_ms() + life_ms));
}

constexpr std::int64_t kHour = 3'600'000;

class RenewedTest : public testing::Test {
 protected:
  RenewedTest() {
    surroundings_.read_file = [](const std::string&) -> Result<std::string> {
      return std::string("oidc-token\n");
    };
  }

  Renewed make(FakeServices& services, Chain chain) {
    endpoints_ = services.endpoints();
    return {std::move(chain), {endpoints_, surroundings_, clock_, ""}};
  }
  static Chain rrsa() {
    return {.sources = {
                {"oidc_role_arn", OidcRole{"acs:ram::1:role/r", "acs:p", "/token", "larkspur"}}}};
  }

  // One call of its own on one of the loops.
  Async<CredentialsReply> get(Renewed& renewed) {
    call::CallContext context(caller_);
    context.outside = &way_out_.outside();
    context.deadline = SteadyClock::now() + 30s;
    co_return co_await renewed.get(context);
  }
  std::vector<CredentialsReply> get_many(Renewed& renewed, int count) {
    std::vector<std::future<CredentialsReply>> waiting;
    for (int i = 0; i < count; ++i) {
      const auto executor = way_out_.loops().get().executor(static_cast<std::size_t>(i) % 2);
      waiting.push_back(asio::co_spawn(executor, get(renewed), asio::use_future));
    }
    std::vector<CredentialsReply> replies;
    for (auto& each : waiting) replies.push_back(each.get());
    return replies;
  }

  Endpoints endpoints_;
  Surroundings surroundings_ = no_surroundings();
  ClockSkew clock_;
  call::Caller caller_;
  WayOut way_out_;
};

TEST_F(RenewedTest, ManyCallsOnAllLoopsAreOneRequest) {
  FakeServices services([](const net::HttpRequest&, int count) {
    return json_answer(200, sts_answer(count, kHour));
  });
  Renewed renewed = make(services, rrsa());
  for (const auto& reply : get_many(renewed, 40)) {
    ASSERT_TRUE(reply) << reply.error().describe();
    EXPECT_EQ((*reply)->access_key_id, "STS.key0");
  }
  const auto requests = services.requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0].target, HasSubstr("Action=AssumeRoleWithOIDC"));
  EXPECT_THAT(requests[0].body, HasSubstr("OIDCToken=oidc-token&"));
  EXPECT_FALSE(requests[0].headers.has("authorization"));
}

TEST_F(RenewedTest, AFailureIsSharedAndTheNextCallTriesAgain) {
  bool broken = true;
  FakeServices services([&](const net::HttpRequest&, int count) {
    return broken ? json_answer(403, R"({"Code":"AuthenticationFail.OIDCToken.Expired"})")
                  : json_answer(200, sts_answer(count, kHour));
  });
  Renewed renewed = make(services, rrsa());
  for (const auto& reply : get_many(renewed, 10)) {
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, "NO_CREDENTIALS");
  }
  EXPECT_LE(services.requests().size(), 10u);  // those that came later try for themselves
  broken = false;
  EXPECT_TRUE(get_many(renewed, 1)[0]);
}

// Whoever waits for the same keys fetches them then.
TEST_F(RenewedTest, ACancelledFetchFailsNobodyElse) {
  std::promise<void> asked, release;
  FakeServices services([&](const net::HttpRequest&, int count) {
    if (count == 0) {
      asked.set_value();
      release.get_future().wait();
    }
    return json_answer(200, sts_answer(count, kHour));
  });
  Renewed renewed = make(services, rrsa());
  const auto here = way_out_.loops().get().executor(0);
  const auto there = way_out_.loops().get().executor(1);
  asio::cancellation_signal leave;
  auto left = asio::co_spawn(here, get(renewed),
                             asio::bind_cancellation_slot(leave.slot(), asio::use_future));
  asked.get_future().wait();
  auto stays = asio::co_spawn(there, get(renewed), asio::use_future);
  for (int i = 0; i < 3; ++i) asio::post(there, asio::use_future).get();  // it waits by now
  asio::post(here, [&] { leave.emit(asio::cancellation_type::terminal); });
  const auto gone = left.get();
  release.set_value();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorClass::kCancelled);
  const auto reply = stays.get();
  ASSERT_TRUE(reply) << reply.error().describe();
  EXPECT_EQ((*reply)->access_key_id, "STS.key1");
}

// A life of 0.8 s is renewed in its last quarter, before anybody gets an expired key.
TEST_F(RenewedTest, IsRenewedBeforeItExpires) {
  FakeServices services([](const net::HttpRequest&, int count) {
    return json_answer(200, sts_answer(count, count == 0 ? 800 : kHour));
  });
  Renewed renewed = make(services, rrsa());
  const auto first = get_many(renewed, 1)[0];
  const EpochMs expiry = *(*first)->expires_at;
  while (services.requests().size() < 2 && wall_clock_ms() < expiry + 5'000) {
    const EpochMs now = wall_clock_ms();
    const auto reply = get_many(renewed, 1)[0];
    ASSERT_TRUE(reply);
    EXPECT_LT(now, *(*reply)->expires_at);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ((*get_many(renewed, 1)[0])->access_key_id, "STS.key1");
}

TEST_F(RenewedTest, AFailedRenewalLeavesWhatStillWorks) {
  FakeServices services([](const net::HttpRequest&, int count) {
    return count == 0 ? json_answer(200, sts_answer(count, 1'200)) : json_answer(400, "{}");
  });
  Renewed renewed = make(services, rrsa());
  const auto first = get_many(renewed, 1)[0];
  ASSERT_TRUE(first);
  const EpochMs expiry = *(*first)->expires_at;
  while (wall_clock_ms() < expiry) {
    const auto reply = get_many(renewed, 1)[0];
    if (wall_clock_ms() < expiry) EXPECT_TRUE(reply);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_GE(services.requests().size(), 2u);  // it was tried
  EXPECT_FALSE(get_many(renewed, 1)[0]);
}

TEST_F(RenewedTest, TheInstanceRoleTakesATokenFirst) {
  FakeServices services([](const net::HttpRequest& request, int) {
    if (request.method == "PUT") return json_answer(200, "imds-token");
    if (request.headers.get("X-aliyun-ecs-metadata-token") != "imds-token") {
      return json_answer(403, "");
    }
    if (request.target.ends_with("security-credentials/")) return json_answer(200, "node-role\n");
    return json_answer(200, metadata_answer(kHour));
  });
  Renewed renewed = make(services, {.sources = {{"ecs_ram_role", EcsRole{}}}});
  const auto reply = get_many(renewed, 1)[0];
  ASSERT_TRUE(reply) << reply.error().describe();
  EXPECT_EQ((*reply)->access_key_id, "STS.ecs");
  std::vector<std::string> targets;
  for (const auto& request : services.requests()) targets.push_back(request.target);
  EXPECT_THAT(targets,
              ElementsAre("/latest/api/token", "/latest/meta-data/ram/security-credentials/",
                          "/latest/meta-data/ram/security-credentials/node-role"));
}

TEST_F(RenewedTest, TheOldMetadataServiceOnlyWhereItIsAllowed) {
  FakeServices services([](const net::HttpRequest& request, int) {
    if (request.method == "PUT") return json_answer(404, "");
    return json_answer(200, metadata_answer(kHour));
  });
  Renewed old = make(services, {.sources = {{"ecs_ram_role", EcsRole{"r", true}}}});
  EXPECT_TRUE(get_many(old, 1)[0]);
  Renewed strict = make(services, {.sources = {{"ecs_ram_role", EcsRole{"r", false}}}});
  EXPECT_THAT(get_many(strict, 1)[0].error().message, HasSubstr("IMDSv1 is disabled"));
}

TEST_F(RenewedTest, ARoleIsAssumedWithTheKeysOfAnother) {
  FakeServices services([](const net::HttpRequest& request, int count) {
    EXPECT_THAT(request.headers.get("authorization"), HasSubstr("Credential=LTAI"));
    EXPECT_EQ(request.headers.get("x-acs-action"), "AssumeRole");
    EXPECT_THAT(request.target, HasSubstr("RoleArn=acs%3Aram%3A%3A1%3Arole%2Fr"));
    return json_answer(200, sts_answer(count, kHour));
  });
  const auto base = std::make_shared<const Source>(static_chain().sources[0]);
  Renewed renewed = make(
      services, {.sources = {{"ram_role_arn", AssumedRole{base, "acs:ram::1:role/r", "me", ""}}}});
  const auto reply = get_many(renewed, 1)[0];
  ASSERT_TRUE(reply) << reply.error().describe();
  EXPECT_TRUE((*reply)->security_token.equals("t0"));
}

TEST_F(RenewedTest, TheChainGoesOnAndTheErrorTellsEveryStep) {
  FakeServices services([](const net::HttpRequest& request, int) {
    return request.target == "/creds" ? json_answer(200, metadata_answer(kHour))
                                      : json_answer(500, "");
  });
  Renewed renewed =
      make(services, {.sources = {{"ecs_ram_role", EcsRole{"r", true}},
                                  {"credentials_uri", CredentialsUri{services.url("/creds")}}}});
  EXPECT_TRUE(get_many(renewed, 1)[0]);
  Renewed nothing =
      make(services, {.sources = {{"ecs_ram_role", EcsRole{"r", true}},
                                  {"credentials_uri", CredentialsUri{services.url("/no")}}},
                      .left_out = {"HOME is not set"}});
  EXPECT_EQ(
      get_many(nothing, 1)[0].error().message,
      "no Alibaba Cloud credentials (HOME is not set; ecs_ram_role: the metadata service says "
      "HTTP 500; credentials_uri: HTTP 500)");
}

TEST_F(RenewedTest, AnAnswerThatLacksSomethingGivesNothing) {
  FakeServices services([](const net::HttpRequest&, int) {
    return json_answer(200, R"({"Code":"Success","AccessKeyId":"x"})");
  });
  Renewed renewed =
      make(services, {.sources = {{"credentials_uri", CredentialsUri{services.url("/creds")}}}});
  EXPECT_THAT(get_many(renewed, 1)[0].error().message, HasSubstr("the answer lacks"));
}

}  // namespace
}  // namespace larkspur::ops::alibaba
