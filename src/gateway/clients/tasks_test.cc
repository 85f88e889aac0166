#include "gateway/clients/tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "json/value.h"

namespace larkspur::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kTakesTasks =
    R"({"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";

// A legacy client, as far as tasks/result needs it.
class Channel : public mcp::RequestChannel {
 public:
  Async<void> notify(std::string_view, std::string) override { co_return; }
  Async<mcp::RpcResult> request(std::string method, std::string params) override {
    asked.push_back(method + ' ' + params);
    if (silent) {
      Timer timer(co_await asio::this_coro::executor, 1h);
      co_await timer.async_wait(kAwait);
    }
    co_return answer;
  }

  std::vector<std::string> asked;
  mcp::RpcResult answer = R"({"action":"accept"})";
  bool silent = false;
};

class TasksTest : public ::testing::Test {
 protected:
  using milliseconds = std::chrono::milliseconds;

  void run(std::function<Async<void>()> work) {
    asio::co_spawn(
        loops_[0],
        [](std::function<Async<void>()> body, net::Loops& loops) -> Async<void> {
          co_await body();
          loops.stop();
        }(std::move(work), loops_),
        asio::detached);
    loops_.run();
  }

  mcp::RequestInfo client(mcp::Era era, std::string principal, std::string session = {}) const {
    mcp::RequestInfo info;
    info.era = era;
    info.identity.principal = std::move(principal);
    info.session_id = std::move(session);
    info.client_capabilities = kTakesTasks;
    return info;
  }

  // A call whose backend makes a task of it and ends with `result` after `time`.
  static Tasks::Work works(milliseconds time, mcp::RpcResult result = R"({"content":[]})") {
    return [time, result](std::shared_ptr<call::ClientInput>, call::TaskHolder& holder,
                          call::MessageSink&) {
      return [](milliseconds how_long, mcp::RpcResult end,
                call::TaskHolder& to) -> Async<mcp::RpcResult> {
        to.started({"at work", 60ms});
        Timer timer(co_await asio::this_coro::executor, how_long);
        co_await timer.async_wait(kAwait);
        co_return end;
      }(time, result, holder);
    };
  }
  // The same, and it asks its user first.
  static Tasks::Work asks() {
    return
        [](std::shared_ptr<call::ClientInput> input, call::TaskHolder& holder, call::MessageSink&) {
          return [](std::shared_ptr<call::ClientInput> whom,
                    call::TaskHolder& to) -> Async<mcp::RpcResult> {
            to.started({"", 60ms});
            auto reply =
                co_await whom->ask("elicitation/create", R"({"message":"Who?","_meta":{"a":1}})");
            if (!reply) co_return mcp::rpc_fail(-1, reply.error().message);
            co_return "{\"told\":" + *reply + "}";
          }(std::move(input), holder);
        };
  }

  Async<mcp::RpcResult> ask(Tasks& tasks, mcp::RequestInfo info, std::string method,
                            std::string params) {
    const auto document = json::Document::parse(std::move(params));
    co_return co_await tasks.handle({info, method, document->root(), {}, channel_});
  }
  static std::string with_id(const std::string& id) { return R"({"taskId":")" + id + "\"}"; }
  static std::string id_of(const mcp::RpcResult& created) {
    const auto document = json::Document::parse(created.value_or("{}"));
    const json::Value root = document->root();
    return std::string((root["task"].is_object() ? root["task"] : root)["taskId"].string());
  }
  static Async<void> pause(milliseconds time) {
    Timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(kAwait);
  }

  net::Loops loops_{1};
  Streams streams_{loops_};
  Channel channel_;
  const json::Document ttl_ = *json::Document::parse(R"({"ttl":7000})");
};

TEST_F(TasksTest, ALegacyClientGetsItsTaskAndComesBackForTheResult) {
  Tasks tasks(loops_, streams_);
  run([&]() -> Async<void> {
    const auto alice = client(mcp::Era::kLegacy, "alice", "s1");
    const auto created = co_await tasks.start(alice, ttl_.root(), works(20ms), nullptr);
    EXPECT_THAT(created.value_or(""), HasSubstr(R"("status":"working")"));
    EXPECT_THAT(created.value_or(""), HasSubstr(R"("ttl":7000,"pollInterval":60)"));
    const std::string id = id_of(created);
    const auto now = co_await ask(tasks, alice, "tasks/get", with_id(id));
    EXPECT_THAT(now.value_or(""), HasSubstr(R"("statusMessage":"at work")"));
    const auto result = co_await ask(tasks, alice, "tasks/result", with_id(id));
    EXPECT_EQ(result,
              R"({"content":[],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":")" + id +
                  R"("}}})");
    // From another session of the same principal, and by its list.
    const auto again = client(mcp::Era::kLegacy, "alice", "s2");
    const auto ended = co_await ask(tasks, again, "tasks/get", with_id(id));
    EXPECT_THAT(ended.value_or(""), HasSubstr(R"("status":"completed")"));
    const auto all = co_await ask(tasks, again, "tasks/list", "{}");
    EXPECT_THAT(all.value_or(""), HasSubstr(id));
    const auto late = co_await ask(tasks, alice, "tasks/cancel", with_id(id));
    EXPECT_EQ(late.error().code, mcp::rpc::kInvalidParams);
  });
}

TEST_F(TasksTest, NobodySeesAnothersTask) {
  Tasks tasks(loops_, streams_);
  run([&]() -> Async<void> {
    const auto alice = client(mcp::Era::kLegacy, "alice", "s1");
    const auto anonymous = client(mcp::Era::kLegacy, "anonymous", "s2");
    const auto created = co_await tasks.start(alice, ttl_.root(), works(1h), nullptr);
    const auto hidden = co_await tasks.start(anonymous, ttl_.root(), works(1h), nullptr);
    const std::vector<mcp::RequestInfo> others = {client(mcp::Era::kLegacy, "mallory", "s1"),
                                                  client(mcp::Era::kLegacy, "anonymous", "s1"),
                                                  client(mcp::Era::kModern, "anonymous")};
    for (const mcp::RequestInfo& other : others) {
      for (const std::string& id : {id_of(created), id_of(hidden)}) {
        for (const char* method : {"tasks/get", "tasks/cancel"}) {
          const auto refused = co_await ask(tasks, other, method, with_id(id));
          EXPECT_EQ(refused.error().code, mcp::rpc::kInvalidParams) << method;
          EXPECT_THAT(refused.error().message, HasSubstr("no such task"));
        }
      }
    }
    const auto none = co_await ask(tasks, others[0], "tasks/list", "{}");
    EXPECT_EQ(none, R"({"tasks":[]})");
    const auto mine = co_await ask(tasks, alice, "tasks/list", "{}");
    EXPECT_THAT(mine.value_or(""), Not(HasSubstr(id_of(hidden))));
    // The session's tasks end with it; a principal's stay.
    tasks.end_session("s2");
    tasks.end_session("s1");
    co_await pause(5ms);
    EXPECT_FALSE((co_await ask(tasks, anonymous, "tasks/get", with_id(id_of(hidden)))).has_value());
    EXPECT_TRUE((co_await ask(tasks, alice, "tasks/get", with_id(id_of(created)))).has_value());
    EXPECT_EQ(tasks.count(), 1u);
    co_await tasks.close(1s);
    EXPECT_EQ(tasks.count(), 0u);
  });
}

TEST_F(TasksTest, AModernClientGetsATaskOnlyWhereThereIsOne) {
  Tasks tasks(loops_, streams_);
  run([&]() -> Async<void> {
    const auto bob = client(mcp::Era::kModern, "bob");
    const Tasks::Work at_once = [](std::shared_ptr<call::ClientInput>, call::TaskHolder&,
                                   call::MessageSink&) {
      return []() -> Async<mcp::RpcResult> { co_return R"({"content":[1]})"; }();
    };
    EXPECT_EQ(co_await tasks.start(bob, {}, at_once, nullptr), R"({"content":[1]})");
    EXPECT_EQ(tasks.count(), 0u);
    const auto created = co_await tasks.start(bob, {}, works(1ms, R"({"isError":true})"), nullptr);
    EXPECT_THAT(created.value_or(""), HasSubstr(R"({"resultType":"task","taskId":)"));
    EXPECT_THAT(created.value_or(""), HasSubstr(R"("ttlMs":3600000,"pollIntervalMs":60)"));
    co_await pause(20ms);
    const auto ended = co_await ask(tasks, bob, "tasks/get", with_id(id_of(created)));
    EXPECT_THAT(ended.value_or(""), HasSubstr(R"("status":"completed")"));
    EXPECT_THAT(ended.value_or(""), HasSubstr(R"("result":{"isError":true})"));
    EXPECT_EQ(co_await ask(tasks, bob, "tasks/cancel", with_id(id_of(created))), "{}");
    const auto failing =
        co_await tasks.start(bob, {}, works(1ms, mcp::rpc_fail(-5, "no", "[2]")), nullptr);
    co_await pause(20ms);
    const auto failed = co_await ask(tasks, bob, "tasks/get", with_id(id_of(failing)));
    EXPECT_THAT(failed.value_or(""), HasSubstr(R"("error":{"code":-5,"message":"no","data":[2]})"));
    auto without = bob;
    without.client_capabilities = "{}";
    const auto refused = co_await ask(tasks, without, "tasks/get", with_id(id_of(failing)));
    EXPECT_EQ(refused.error().code, mcp::rpc::kMissingClientCapability);
    EXPECT_THAT(refused.error().data, HasSubstr(R"({"io.modelcontextprotocol/tasks":{}})"));
  });
}

TEST_F(TasksTest, QuestionsReachTheClientInTheWordsOfItsEra) {
  Tasks tasks(loops_, streams_);
  run([&]() -> Async<void> {
    const auto bob = client(mcp::Era::kModern, "bob");
    const auto created = co_await tasks.start(bob, {}, asks(), nullptr);
    const std::string id = id_of(created);
    co_await pause(5ms);
    const auto asked = co_await ask(tasks, bob, "tasks/get", with_id(id));
    EXPECT_THAT(asked.value_or(""), HasSubstr(R"("status":"input_required")"));
    EXPECT_THAT(
        asked.value_or(""),
        HasSubstr(R"({"input-1":{"method":"elicitation/create","params":{"message":"Who?"}}})"));
    co_await ask(tasks, bob, "tasks/update",
                 R"({"taskId":")" + id + R"(","inputResponses":{"x":{},"input-1":{"n":1.0}}})");
    co_await pause(5ms);
    const auto ended = co_await ask(tasks, bob, "tasks/get", with_id(id));
    EXPECT_THAT(ended.value_or(""), HasSubstr(R"("result":{"told":{"n":1.0}})"));

    const auto alice = client(mcp::Era::kLegacy, "alice", "s1");
    const auto second = co_await tasks.start(alice, ttl_.root(), asks(), nullptr);
    const auto done = co_await ask(tasks, alice, "tasks/result", with_id(id_of(second)));
    EXPECT_THAT(done.value_or(""), HasSubstr(R"({"told":{"action":"accept"})"));
    EXPECT_THAT(channel_.asked.front(), HasSubstr(R"("message":"Who?")"));
    EXPECT_THAT(channel_.asked.front(), HasSubstr(R"("io.modelcontextprotocol/related-task")"));
  });
}

TEST_F(TasksTest, AQuestionThatDidNotReachTheClientIsAskedAgain) {
  Tasks tasks(loops_, streams_);
  run([&]() -> Async<void> {
    const auto alice = client(mcp::Era::kLegacy, "alice", "s1");
    const auto created = co_await tasks.start(alice, ttl_.root(), asks(), nullptr);
    channel_.answer = mcp::rpc_fail(mcp::rpc::kInternalError, "the client has left");
    EXPECT_FALSE((co_await ask(tasks, alice, "tasks/result", with_id(id_of(created)))).has_value());
    channel_.answer = R"({"action":"decline"})";
    const auto done = co_await ask(tasks, alice, "tasks/result", with_id(id_of(created)));
    EXPECT_THAT(done.value_or(""), HasSubstr("decline"));
    EXPECT_EQ(channel_.asked.size(), 2u);
  });
}

TEST_F(TasksTest, CancellingEndsTheCallAndWhoeverWaitsForIt) {
  Tasks tasks(loops_, streams_);
  run([&]() -> Async<void> {
    const auto alice = client(mcp::Era::kLegacy, "alice", "s1");
    channel_.silent = true;  // and never answers
    const auto created = co_await tasks.start(alice, ttl_.root(), asks(), nullptr);
    const std::string id = id_of(created);
    mcp::RpcResult waited = "{}";
    const auto wait = [](Async<mcp::RpcResult> answer, mcp::RpcResult& to) -> Async<void> {
      to = co_await std::move(answer);
    };
    asio::co_spawn(loops_[0], wait(ask(tasks, alice, "tasks/result", with_id(id)), waited),
                   asio::detached);
    co_await pause(10ms);
    EXPECT_EQ(channel_.asked.size(), 1u);
    const auto cancelled = co_await ask(tasks, alice, "tasks/cancel", with_id(id));
    EXPECT_THAT(cancelled.value_or(""), HasSubstr(R"("status":"cancelled")"));
    co_await pause(10ms);
    EXPECT_FALSE(waited.has_value());
    EXPECT_EQ(waited.error().message, "the task was cancelled");
  });
}

TEST_F(TasksTest, TasksAreBounded) {
  Tasks tasks(loops_, streams_, {.ttl = 1s, .count = 3, .per_owner = 2, .kept_bytes = 30});
  run([&]() -> Async<void> {
    const auto alice = client(mcp::Era::kLegacy, "alice", "s1");
    const auto bob = client(mcp::Era::kLegacy, "bob", "s2");
    const auto first =
        co_await tasks.start(alice, ttl_.root(), works(1ms, R"({"a":"0123456789"})"), nullptr);
    EXPECT_THAT(first.value_or(""), HasSubstr(R"("ttl":1000)"));  // not the 7 s that it asked for
    EXPECT_TRUE((co_await tasks.start(alice, {}, works(1h), nullptr)).has_value());
    const auto third = co_await tasks.start(alice, {}, works(1h), nullptr);
    EXPECT_THAT(third.error().message, HasSubstr("too many tasks"));
    co_await pause(10ms);
    // The older result makes room; one that is too long by itself is not kept.
    const auto other = co_await tasks.start(bob, {}, works(1ms, R"({"a":"0123456789"})"), nullptr);
    co_await pause(10ms);
    EXPECT_FALSE((co_await ask(tasks, alice, "tasks/get", with_id(id_of(first)))).has_value());
    EXPECT_TRUE((co_await ask(tasks, bob, "tasks/result", with_id(id_of(other)))).has_value());
    const auto big = co_await tasks.start(
        bob, {}, works(1ms, "{\"a\":\"" + std::string(100, 'x') + "\"}"), nullptr);
    co_await pause(10ms);
    const auto dropped = co_await ask(tasks, bob, "tasks/result", with_id(id_of(big)));
    EXPECT_THAT(dropped.error().message, HasSubstr("was not kept"));
    co_await tasks.close(1s);
  });
}

TEST_F(TasksTest, AClientThatLeavesBeforeThereIsATaskCancelsTheCall) {
  Tasks tasks(loops_, streams_);
  run([&]() -> Async<void> {
    bool cancelled = false;
    const Tasks::Work waits = [&cancelled](std::shared_ptr<call::ClientInput>, call::TaskHolder&,
                                           call::MessageSink&) {
      return [](bool& seen) -> Async<mcp::RpcResult> {
        Timer timer(co_await asio::this_coro::executor, 1h);
        const auto [error] = co_await timer.async_wait(kAwaitTuple);
        seen = error == asio::error::operation_aborted;
        co_return "{}";
      }(cancelled);
    };
    asio::cancellation_signal leave;
    const auto begin = [](Tasks& all, mcp::RequestInfo info, Tasks::Work work) -> Async<void> {
      co_await all.start(info, {}, std::move(work), nullptr);
    };
    asio::co_spawn(loops_[0], begin(tasks, client(mcp::Era::kModern, "bob"), waits),
                   asio::bind_cancellation_slot(leave.slot(), asio::detached));
    co_await pause(5ms);
    leave.emit(asio::cancellation_type::terminal);
    co_await pause(5ms);
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(tasks.count(), 0u);
  });
}

}  // namespace
}  // namespace larkspur::gateway
