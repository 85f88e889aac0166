// The steps of the call path, one after the other around a leaf that does as it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "execlog/log.h"
#include "execlog/store/memory_store.h"
#include "gateway/path/limits.h"
#include "gateway/path/policy.h"
#include "gateway/path/recorded_tools.h"

namespace larkspur::gateway {
namespace {

using namespace std::chrono_literals;

class Leaf : public call::ToolSource {
 public:
  call::ToolList list(const call::Caller&, call::Audience) override { return tools; }
  Async<call::CallReply> call(call::CallContext& context, std::string_view,
                              std::string_view) override {
    deadline = context.deadline;
    ++calls;
    if (waits) {
      Timer timer(co_await asio::this_coro::executor, 1h);
      co_await timer.async_wait(kAwait);
    }
    co_return reply;
  }

  call::ToolList tools;
  call::CallReply reply = call::CallResult{R"({"content":[]})", false};
  SteadyClock::time_point deadline;
  int calls = 0;
  bool waits = false;
};

class DenyAll : public Policy {
 public:
  bool allows(const call::Caller&, const call::Tool&) const override { return false; }
  bool allows(const call::Caller&, const call::Content&) const override { return false; }
};

class OneTool : public ToolFinder {
 public:
  std::shared_ptr<const call::Tool> find(std::string_view name) const override {
    return name == tool->name ? tool : nullptr;
  }
  std::shared_ptr<const call::Tool> tool;
};

class Path : public ::testing::Test {
 protected:
  Path() {
    tool_->name = "get";
    tool_->source = "github";
    caller_.request_id = "7";
    caller_.transport = "streamable_http";
    leaf_.tools = {tool_};
    finder_.tool = tool_;
  }

  call::CallReply call(const Policy& policy, std::string name = "get") {
    LimitedTools limited(leaf_, 5s);
    AdmittedTools admitted(limited, policy, finder_);
    RecordedTools recorded(admitted, log_, &capture_);
    call::CallContext context(caller_);
    if (name == tool_->name) context.tool = tool_;
    context.parent = parent_;
    call::CallReply reply =
        call::call_fail(ErrorCode::kInternal, call::FailureStage::kInternal, "");
    EventLoop loop;
    asio::cancellation_signal cancel;
    const auto work = [&]() -> Async<void> {
      reply = co_await recorded.call(context, name, arguments_);
    };
    asio::co_spawn(loop, work(), asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    if (leaf_.waits) {
      while (leaf_.calls == 0) loop.run_one();
      cancel.emit(asio::cancellation_type::terminal);
    }
    loop.run();
    return reply;
  }

  execlog::Record record() {
    EXPECT_TRUE(log_.flush(5s));
    const auto records = written_->records();
    EXPECT_EQ(records.size(), 1u);
    return records.empty() ? execlog::Record{} : records.front();
  }

  std::shared_ptr<execlog::MemoryStore::Written> written_ =
      std::make_shared<execlog::MemoryStore::Written>();
  execlog::Log log_{std::make_unique<execlog::MemoryStore>(written_), {}};
  execlog::CapturePolicy capture_{execlog::Digester(execlog::Secret("key"))};
  std::shared_ptr<call::Tool> tool_ = std::make_shared<call::Tool>();
  call::Caller caller_;
  std::string arguments_ = "{}";
  const call::CallContext* parent_ = nullptr;
  Leaf leaf_;
  OneTool finder_;
  AllowAll allow_;
  DenyAll deny_;
};

TEST_F(Path, ASuccessIsLean) {
  EXPECT_TRUE(call(allow_));
  const execlog::Record written = record();
  EXPECT_EQ(written.status, execlog::Status::kSuccess);
  EXPECT_EQ(written.tool_name, "get");
  EXPECT_THAT(written.tool_call_id, ::testing::StartsWith("get_github_"));
  EXPECT_EQ(written.result.size_bytes, 14);
  EXPECT_FALSE(written.metadata);
  EXPECT_TRUE(written.messages.empty());
}

TEST_F(Path, DigestsOfWhatWasAskedAndAnswered) {
  arguments_ = R"({"b":2, "a":1})";
  EXPECT_TRUE(call(allow_));
  const execlog::Record written = record();
  EXPECT_EQ(written.request.arguments_size_bytes, 14);
  EXPECT_EQ(written.request.arguments_digest, capture_.digester()->of(R"({"a":1,"b":2})"));
  EXPECT_EQ(written.result.digest, capture_.digester()->of(leaf_.reply->json));
  EXPECT_TRUE(written_->blobs().empty());
}

TEST_F(Path, ALargeResultHasItsDigestToo) {
  leaf_.reply->json = R"({"text":")" + std::string(3'000'000, 'x') + R"("})";
  EXPECT_TRUE(call(allow_));
  EXPECT_EQ(record().result.digest, capture_.digester()->of(leaf_.reply->json));
}

TEST_F(Path, WhatIsKeptGoesByToolAndPrincipal) {
  capture_ =
      execlog::CapturePolicy(execlog::Digester(execlog::Secret("key")), execlog::Capture::kNone,
                             {{.tools = {"get"}, .capture = execlog::Capture::kFull}});
  EXPECT_TRUE(call(allow_));
  const execlog::Record written = record();
  ASSERT_EQ(written_->blobs().size(), 2u);
  EXPECT_EQ(written.request.arguments_blob, written_->blobs()[0].digest);
  EXPECT_EQ(written.result.blob, written_->blobs()[1].digest);
  EXPECT_EQ(written_->blobs()[1].bytes, leaf_.reply->json);
}

TEST_F(Path, NothingIsKeptOfWhatIsNotToBeKept) {
  capture_ =
      execlog::CapturePolicy(execlog::Digester(execlog::Secret("key")), execlog::Capture::kNone);
  EXPECT_TRUE(call(allow_));
  const execlog::Record written = record();
  EXPECT_EQ(written.request.arguments_digest + written.result.digest, "");
  EXPECT_EQ(written.result.size_bytes, 14);
}

TEST_F(Path, TheClusterIsTheScopeWhereTheToolSaysSo) {
  tool_->source = call::kOwnSource;
  tool_->scope_argument = "cluster_id";
  arguments_ = R"({"cluster_id":"c0a1b"})";
  EXPECT_TRUE(call(allow_));
  EXPECT_THAT(record().tool_call_id, ::testing::StartsWith("get_c0a1b_"));
}

TEST_F(Path, AToolErrorIsAFailureWithItsText) {
  leaf_.reply = call::error_result("disk full");
  EXPECT_TRUE(call(allow_)->is_error);
  const execlog::Record written = record();
  EXPECT_EQ(written.status, execlog::Status::kFailed);
  EXPECT_EQ(written.error, "disk full");
  EXPECT_EQ(written.metadata->error_type, "tool_error");
}

TEST_F(Path, AFailureKeepsItsStageAndCode) {
  leaf_.reply = call::call_fail(ErrorCode::kTimeout, call::FailureStage::kTimeout, "too slow");
  EXPECT_FALSE(call(allow_));
  const execlog::Record written = record();
  EXPECT_EQ(written.status, execlog::Status::kTimeout);
  EXPECT_EQ(written.metadata->failure_stage, execlog::FailureStage::kTimeout);
  EXPECT_EQ(written.metadata->error_code, "timeout");
}

TEST_F(Path, ADeniedToolLooksUnknownAndLeavesItsRecord) {
  const call::CallReply denied = call(deny_);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().message, "Unknown tool: 'get'");
  EXPECT_EQ(leaf_.calls, 0);
  EXPECT_EQ(record().status, execlog::Status::kDenied);
  EXPECT_EQ(record().metadata->failure_stage, execlog::FailureStage::kPolicyCheck);
}

TEST_F(Path, RulesAllowByPrincipalScopeAndTool) {
  const RulePolicy policy(
      {{.principals = {"ada", "ci-*"}, .tools = {"ge?"}}, {.scopes = {"ops", "mcp"}, .tools = {}}});
  const auto allows = [&](std::string principal, std::vector<std::string> scopes,
                          std::string tool) {
    call::Caller caller;
    caller.principal = std::move(principal);
    caller.scopes = std::move(scopes);
    call::Tool wanted;
    wanted.name = std::move(tool);
    return policy.allows(caller, wanted);
  };
  EXPECT_TRUE(allows("ada", {}, "get"));
  EXPECT_TRUE(allows("ci-7", {}, "get"));
  EXPECT_FALSE(allows("ada", {}, "delete"));
  EXPECT_FALSE(allows("adam", {}, "get"));
  EXPECT_FALSE(allows("anonymous", {}, "get"));
  EXPECT_TRUE(allows("bob", {"mcp", "x", "ops"}, "delete"));
  EXPECT_FALSE(allows("bob", {"ops"}, "delete"));
  EXPECT_FALSE(RulePolicy({}).allows(caller_, *tool_));
}

TEST_F(Path, AnUnknownToolLeavesItsRecordToo) {
  EXPECT_EQ(call(allow_, "nope").error().message, "Unknown tool: 'nope'");
  EXPECT_EQ(record().status, execlog::Status::kFailed);
}

TEST_F(Path, SomeToolsAreForScriptsOnlyAndSomeAreNot) {
  tool_->for_clients = false;
  EXPECT_FALSE(call(allow_));
  const call::CallContext script(caller_);
  parent_ = &script;
  EXPECT_TRUE(call(allow_));
  tool_->for_scripts = false;
  EXPECT_FALSE(call(allow_));
}

TEST_F(Path, ACancelledCallIsRecordedAsOne) {
  leaf_.waits = true;
  EXPECT_FALSE(call(allow_));
  EXPECT_EQ(record().status, execlog::Status::kCancelled);
}

TEST_F(Path, AToolsOwnTimeoutComesBeforeTheGateways) {
  EXPECT_TRUE(call(allow_));
  EXPECT_LE(leaf_.deadline, SteadyClock::now() + 5s);
  tool_->timeout = 50s;
  EXPECT_TRUE(call(allow_));
  EXPECT_GT(leaf_.deadline, SteadyClock::now() + 40s);
}

}  // namespace
}  // namespace larkspur::gateway
