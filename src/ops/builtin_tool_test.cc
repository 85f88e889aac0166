#include "ops/builtin_tool.h"

#include <gmock/gmock.h>

#include "ops/testing.h"

namespace larkspur::ops {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

// A tool that does what its argument says.
class Puppet : public BuiltinTool {
 public:
  explicit Puppet(std::string url = {}) : url_(std::move(url)) {}

  const ToolSpec& spec() const override {
    static const ToolSpec kSpec{
        .name = "puppet",
        .title = "Puppet",
        .description = "Does as it is told.",
        .parameters = {{.name = "what", .description = "what to do", .required = true}},
        .output = {{"answer", R"({"type":"string"})"}},
        .scope_argument = "what"};
    return kSpec;
  }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    const std::string_view what = arguments.text("what");
    if (what == "fail") {
      ToolFailure failure{
          .code = "NoLuck", .message = "it did not work", .stage = FailureStage::kPoll};
      failure.facts.emplace_back("hint", "try again");
      failure.structured = R"({"answer":"half"})";
      co_return std::unexpected(std::move(failure));
    }
    if (what == "deny") {
      co_return std::unexpected(ToolFailure{.code = "No",
                                            .message = "not allowed",
                                            .stage = FailureStage::kPolicyCheck,
                                            .kind = FailureKind::kDenied});
    }
    if (what == "partly")
      co_return ToolOutput{.structured = R"({"answer":"x"})", .lacks = "the rest"};
    if (what == "fetch") co_return co_await fetch(context);
    if (what == "process") co_return co_await process(context);
    tell_progress(context, 1, 2, "half way");
    co_return ToolOutput{.structured = R"({"answer":"done"})", .warnings = {"mind the gap"}};
  }

 private:
  // 503 twice, then 200: one entry.
  Async<ToolReply> fetch(call::CallContext& context) {
    call::HttpExchange exchange(context, {.api = "Fetch", .details = call::HttpCall{}});
    for (;;) {
      const auto answer = co_await exchange.send({.url = url_ + "?token=secret"});
      if (!answer) co_return failed(answer.error(), FailureStage::kApiCall);
      if (answer->status == 200) {
        exchange.entry().request_id = answer->header("x-request-id");
        co_return ToolOutput{.structured = R"({"answer":")" + answer->body + "\"}"};
      }
      if (answer->status == 500) co_return failed("ServerSad", FailureStage::kApiCall, "it is sad");
      if (auto waited = co_await exchange.pause(1ms, "http 503"); !waited) {
        co_return failed(waited.error(), FailureStage::kApiCall);
      }
    }
  }

  Async<ToolReply> process(call::CallContext& context) {
    call::ProcessRun run(context,
                         {.api = "KubectlCommand",
                          .details = call::KubectlCall{.command = "cat", .type = "normal"}});
    const auto end = co_await run.run({.argv = {"cat"}, .input = "fed"});
    if (!end) co_return failed(end.error(), FailureStage::kKubectlExecution);
    co_return ToolOutput{.structured = R"({"answer":")" + end->out.text + "\"}"};
  }

  std::string url_;
};

TEST(BuiltinTool, DescribesItself) {
  const Trial trial(std::make_unique<Puppet>());
  const auto definition = json::Document::parse(trial.facts().definition);
  ASSERT_TRUE(definition);
  EXPECT_TRUE(definition->root()["annotations"]["readOnlyHint"].boolean());
  EXPECT_TRUE(definition->root()["outputSchema"]["properties"]["error"].is_object());
  EXPECT_TRUE(definition->root()["outputSchema"]["properties"]["answer"].is_object());
  EXPECT_EQ(trial.facts().source, "larkspur");
  EXPECT_EQ(trial.facts().schema.parameters.at(0).name, "what");
}

TEST(BuiltinTool, ASuccessIsLean) {
  Trial trial(std::make_unique<Puppet>());
  const Outcome outcome = trial.call(R"({"what":"c1"})");
  EXPECT_FALSE(outcome.is_error);
  EXPECT_EQ(outcome.text, R"({"answer":"done"})");
  EXPECT_EQ(outcome.record.status, execlog::Status::kSuccess);
  EXPECT_THAT(outcome.record.tool_call_id, StartsWith("puppet_c1_"));
  EXPECT_THAT(outcome.record.warnings, ElementsAre("mind the gap"));
  EXPECT_FALSE(outcome.record.metadata);
  EXPECT_THAT(
      trial.heard.messages,
      ElementsAre(R"(notifications/progress {"progress":1,"total":2,"message":"half way"})"));
}

TEST(BuiltinTool, AFailureIsDetailedAndKeepsWhatIsKnown) {
  Trial trial(std::make_unique<Puppet>());
  const Outcome outcome = trial.call(R"({"what":"fail"})");
  EXPECT_TRUE(outcome.is_error);
  EXPECT_EQ(outcome.text, "it did not work");
  EXPECT_EQ(outcome.data()["answer"].string(), "half");
  EXPECT_EQ(outcome.error_code(), "NoLuck");
  EXPECT_EQ(outcome.record.status, execlog::Status::kFailed);
  EXPECT_EQ(outcome.record.error, "it did not work");
  EXPECT_EQ(outcome.record.metadata->error_code, "NoLuck");
  EXPECT_EQ(outcome.record.metadata->failure_stage, FailureStage::kPoll);
  EXPECT_THAT(outcome.record.metadata->further, SizeIs(1));
}

TEST(BuiltinTool, OtherEndsHaveTheirOwnStatus) {
  Trial trial(std::make_unique<Puppet>());
  EXPECT_EQ(trial.call(R"({"what":"deny"})").record.status, execlog::Status::kDenied);
  const Outcome partial = trial.call(R"({"what":"partly"})");
  EXPECT_EQ(partial.record.status, execlog::Status::kPartial);
  EXPECT_FALSE(partial.is_error);
  EXPECT_THAT(partial.record.warnings, ElementsAre("the rest"));
  const Outcome wrong = trial.call(R"({"waht":"x"})");
  EXPECT_TRUE(wrong.is_error);
  EXPECT_EQ(wrong.error_code(), "InvalidArgument");
  EXPECT_EQ(wrong.record.metadata->failure_stage, FailureStage::kValidateInput);
  EXPECT_THAT(wrong.text, HasSubstr("did you mean what?"));
}

class Unsteady {
 public:
  explicit Unsteady(int bad, int status = 503)
      : server_(
            [this, bad, status](net::HttpRequest&, net::HttpResponder& responder) -> Async<void> {
              const bool good = ++hits > bad;
              co_await responder.send(
                  {good ? 200 : status, {{"X-Request-Id", "r-1"}}, good ? "ok" : "no"});
            }) {}
  std::string url() { return server_.url("/path"); }
  std::atomic<int> hits = 0;

 private:
  net::TestServer server_;
};

TEST(ExternalCall, RetriesAreOneEntryWithACount) {
  Unsteady server(2);
  Trial trial(std::make_unique<Puppet>(server.url()));
  const Outcome outcome = trial.call(R"({"what":"fetch"})");
  EXPECT_FALSE(outcome.is_error);
  ASSERT_THAT(outcome.record.api_calls, SizeIs(1));
  const execlog::ApiCall& entry = outcome.record.api_calls[0];
  EXPECT_EQ(entry.attempts, 3);
  EXPECT_EQ(server.hits, 3);
  EXPECT_EQ(entry.status, execlog::ApiStatus::kSuccess);
  EXPECT_EQ(entry.http_status, 200);
  EXPECT_EQ(entry.request_id, "r-1");
  EXPECT_EQ(entry.error, "");
  EXPECT_THAT(entry.retry_reasons, ElementsAre("http 503", "http 503"));
  const auto& details = std::get<execlog::HttpCall>(entry.details);
  EXPECT_EQ(details.endpoint, server.url());  // and no query
  EXPECT_EQ(details.response_size_bytes, 2);
}

TEST(ExternalCall, CallsBeforeAFailureAreThere) {
  Unsteady server(9, 500);
  Trial trial(std::make_unique<Puppet>(server.url()));
  const Outcome outcome = trial.call(R"({"what":"fetch"})");
  EXPECT_TRUE(outcome.is_error);
  ASSERT_THAT(outcome.record.api_calls, SizeIs(1));
  EXPECT_EQ(outcome.record.api_calls[0].status, execlog::ApiStatus::kFailed);
  EXPECT_EQ(outcome.record.api_calls[0].error_code, "http_500");
}

TEST(ExternalCall, NobodyThereIsAFailureOfTheEntryToo) {
  Trial trial(std::make_unique<Puppet>("http://127.0.0.1:1"));
  const Outcome outcome = trial.call(R"({"what":"fetch"})");
  EXPECT_EQ(outcome.error_code(), "unavailable");
  ASSERT_THAT(outcome.record.api_calls, SizeIs(1));
  EXPECT_EQ(outcome.record.api_calls[0].status, execlog::ApiStatus::kFailed);
  EXPECT_EQ(outcome.record.api_calls[0].error_code, "unavailable");
}

TEST(ExternalCall, TheDeadlineEndsARetryThatCouldNotBeMade) {
  Unsteady server(1'000'000);
  Trial trial(std::make_unique<Puppet>(server.url()));
  const Outcome outcome = trial.call(R"({"what":"fetch"})", 300ms);
  EXPECT_EQ(outcome.record.status, execlog::Status::kTimeout);
  ASSERT_THAT(outcome.record.api_calls, SizeIs(1));
  // The deadline may end an attempt before the server has seen it.
  EXPECT_THAT(outcome.record.api_calls[0].attempts, AnyOf(server.hits.load(), server.hits + 1));
}

TEST(ExternalCall, AProcessIsAnEntry) {
  Trial trial(std::make_unique<Puppet>());
  const Outcome outcome = trial.call(R"({"what":"process"})");
  EXPECT_EQ(outcome.data()["answer"].string(), "fed");
  ASSERT_THAT(outcome.record.api_calls, SizeIs(1));
  const auto& details = std::get<execlog::KubectlCall>(outcome.record.api_calls[0].details);
  EXPECT_EQ(details.exit_code, 0);
  EXPECT_EQ(details.stdout_bytes, 3);
}

}  // namespace
}  // namespace larkspur::ops
