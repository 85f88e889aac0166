#include "gateway/path/log_in_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "call/output.h"
#include "execlog/form/json_form.h"
#include "json/value.h"

namespace larkspur::gateway {
namespace {

using config::InResult;

class LogInResultTest : public ::testing::Test {
 protected:
  LogInResultTest() {
    context_.tool = own_;
    context_.execution_log = R"({"tool_call_id":"x"})";
  }

  std::string added(InResult where, std::string result) {
    LogInResult(where).add(result, context_);
    EXPECT_TRUE(json::Document::parse(result)) << result;
    return result;
  }
  void of_a_backend() {
    auto tool = std::make_shared<call::Tool>(*own_);
    tool->source = "github";
    context_.tool = tool;
  }

  std::shared_ptr<call::Tool> own_ = [] {
    auto tool = std::make_shared<call::Tool>();
    tool->source = call::kOwnSource;
    tool->definition = R"({"name":"t","outputSchema":)" +
                       call::output_schema(R"({"n":{"type":"integer"}})") + R"(,"title":"T"})";
    return tool;
  }();
  call::Caller caller_;
  call::CallContext context_{caller_};
};

TEST_F(LogInResultTest, OwnToolsHaveItInTheirData) {
  const std::string result = R"({"content":[],"structuredContent":{"n":3}})";
  EXPECT_EQ(added(InResult::kStructured, result),
            R"({"content":[],"structuredContent":{"n":3,"execution_log":{"tool_call_id":"x"}}})");
  EXPECT_EQ(
      added(InResult::kMeta, result),
      R"({"content":[],"structuredContent":{"n":3},"_meta":{"dev.larkspur/executionLog":{"tool_call_id":"x"}}})");
  EXPECT_EQ(
      added(InResult::kBoth, result),
      R"({"content":[],"structuredContent":{"n":3,"execution_log":{"tool_call_id":"x"}},"_meta":{"dev.larkspur/executionLog":{"tool_call_id":"x"}}})");
}

TEST_F(LogInResultTest, AnAnswerWithoutDataGetsSome) {
  EXPECT_EQ(added(InResult::kStructured, call::error_result("late").json),
            R"({"content":[{"type":"text","text":"late"}],"isError":true,)"
            R"("structuredContent":{"execution_log":{"tool_call_id":"x"}}})");
  EXPECT_EQ(added(InResult::kStructured, R"({"structuredContent": { } })"),
            R"({"structuredContent": { "execution_log":{"tool_call_id":"x"}} })");
}

TEST_F(LogInResultTest, ABackendsDataIsLeftAlone) {
  of_a_backend();
  for (const InResult where : {InResult::kMeta, InResult::kStructured, InResult::kBoth}) {
    EXPECT_EQ(added(where, R"({"_meta":{"a":1},"structuredContent":{"n":3}})"),
              R"({"_meta":{"a":1,"dev.larkspur/executionLog":{"tool_call_id":"x"}},)"
              R"("structuredContent":{"n":3}})");
  }
  EXPECT_EQ(added(InResult::kMeta, R"({"_meta":7})"), R"({"_meta":7})");
}

TEST_F(LogInResultTest, WithoutARecordNothingIsAdded) {
  context_.execution_log.clear();
  EXPECT_EQ(added(InResult::kBoth, R"({"content":[]})"), R"({"content":[]})");
}

// The schema that is advertised has exactly the members that are there.
TEST_F(LogInResultTest, TheOutputSchemaTellsWhatIsThere) {
  for (const InResult where : {InResult::kOff, InResult::kMeta}) {
    EXPECT_EQ(LogInResult(where).definition(*own_), own_->definition);
  }
  const auto definition =
      json::Document::parse(LogInResult(InResult::kStructured).definition(*own_));
  ASSERT_TRUE(definition);
  const json::Value properties = definition->root()["outputSchema"]["properties"];
  EXPECT_EQ(properties["n"]["type"].string(), "integer");
  std::set<std::string> described, there;
  for (const auto [name, schema] : properties["execution_log"]["properties"].members()) {
    described.emplace(name);
  }
  const auto view = json::Document::parse(execlog::to_json({}, execlog::View::kResponse));
  for (const auto [name, value] : view->root().members()) there.emplace(name);
  EXPECT_EQ(described, there);
  EXPECT_EQ(properties["execution_log"]["required"].size(), there.size());

  of_a_backend();
  EXPECT_EQ(LogInResult(InResult::kBoth).definition(*context_.tool), own_->definition);
}

}  // namespace
}  // namespace larkspur::gateway
