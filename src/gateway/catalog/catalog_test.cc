#include "gateway/catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/catalog/tool_definition.h"

namespace larkspur::gateway {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string tool(const std::string& name) {
  return R"({"name":")" + name + R"(","inputSchema":{"type":"object"}})";
}

config::Config two_backends(config::ConflictStrategy strategy) {
  config::Config config;
  config.backends = {{.name = "github"}, {.name = "jira"}};
  config.aggregation.conflict_resolution = strategy;
  return config;
}

std::vector<std::string> names(const Catalog& catalog) {
  std::vector<std::string> out;
  for (const auto& each : catalog.tools()) out.push_back(each->name);
  return out;
}

const std::vector<BackendOffer> kOffers = {{"github", {tool("search"), tool("get_issue")}},
                                           {"jira", {tool("search")}}};

TEST(Catalog, PrefixNamesEveryToolByItsBackend) {
  const Catalog catalog = Catalog::build(two_backends(config::ConflictStrategy::kPrefix), kOffers);
  EXPECT_THAT(names(catalog), ElementsAre("github_search", "github_get_issue", "jira_search"));
  ASSERT_NE(catalog.find("jira_search"), nullptr);
  EXPECT_EQ(catalog.find("jira_search")->own_name, "search");
  EXPECT_EQ(catalog.find("jira_search")->backend, "jira");
  EXPECT_EQ(catalog.find("search"), nullptr);
  EXPECT_THAT(catalog.problems(), IsEmpty());
}

TEST(Catalog, PrefixesThatMakeTwoToolsOneFailClosed) {
  auto config = two_backends(config::ConflictStrategy::kPrefix);
  config.backends = {{.name = "a"}, {.name = "a_b"}};
  const Catalog catalog = Catalog::build(config, {{"a", {tool("b_c")}}, {"a_b", {tool("c")}}});
  EXPECT_THAT(names(catalog), IsEmpty());
  EXPECT_THAT(catalog.problems(), ElementsAre(HasSubstr("'a', 'a_b' all publish")));
}

TEST(Catalog, PriorityGivesTheNameToTheFirst) {
  auto config = two_backends(config::ConflictStrategy::kPriority);
  EXPECT_EQ(Catalog::build(config, kOffers).find("search")->backend, "github");
  config.aggregation.conflict_resolution_config.priority_order = {"jira"};
  const Catalog catalog = Catalog::build(config, kOffers);
  EXPECT_EQ(catalog.find("search")->backend, "jira");
  EXPECT_THAT(names(catalog), ElementsAre("get_issue", "search"));
  EXPECT_THAT(catalog.problems(), Contains(HasSubstr("backend 'jira' comes first")));
}

TEST(Catalog, ManualLeavesOutWhatIsNotResolved) {
  auto config = two_backends(config::ConflictStrategy::kManual);
  const Catalog unresolved = Catalog::build(config, kOffers);
  EXPECT_THAT(names(unresolved), ElementsAre("get_issue"));
  EXPECT_THAT(unresolved.problems(), ElementsAre(HasSubstr("rename it")));

  config.aggregation.tools = {
      {.workload = "jira",
       .overrides = {{"search", {.name = "find_ticket", .description = "Finds."}}}}};
  const Catalog resolved = Catalog::build(config, kOffers);
  EXPECT_THAT(names(resolved), ElementsAre("search", "get_issue", "find_ticket"));
  EXPECT_THAT(resolved.find("find_ticket")->tool->definition,
              HasSubstr(R"("description":"Finds.")"));
}

TEST(Catalog, FilterKeepsOnlyWhatItNamesAndReportsTypingErrors) {
  auto config = two_backends(config::ConflictStrategy::kPrefix);
  config.aggregation.tools = {{.workload = "github", .filter = {"get_isue", "search"}}};
  const Catalog catalog = Catalog::build(config, kOffers);
  EXPECT_THAT(names(catalog), ElementsAre("github_search", "jira_search"));
  EXPECT_THAT(catalog.problems(), ElementsAre(HasSubstr("did you mean 'get_issue'?")));
}

TEST(Catalog, ExcludedToolsStayForScriptsOnly) {
  auto config = two_backends(config::ConflictStrategy::kPrefix);
  config.aggregation.tools = {{.workload = "jira", .exclude_all = true}};
  const Catalog catalog = Catalog::build(config, kOffers);
  EXPECT_FALSE(catalog.find("jira_search")->tool->for_clients);
  EXPECT_TRUE(catalog.find("github_search")->tool->for_clients);
}

TEST(Catalog, NoBackendMayTakeTheScriptToolsName) {
  const auto config = two_backends(config::ConflictStrategy::kPriority);
  const Catalog catalog =
      Catalog::build(config, {{"github", {tool("execute_tool_script")}}}, {"execute_tool_script"});
  EXPECT_THAT(names(catalog), IsEmpty());
  EXPECT_THAT(catalog.problems(), ElementsAre(HasSubstr("Larkspur's own tool")));
}

TEST(Catalog, BrokenAndRepeatedDefinitionsAreReported) {
  const auto config = two_backends(config::ConflictStrategy::kPriority);
  const Catalog catalog = Catalog::build(
      config, {{"github", {R"({"title":"no name"})", tool("x"), tool("x"), R"({"name":7})"}}});
  EXPECT_THAT(names(catalog), ElementsAre("x"));
  EXPECT_EQ(catalog.problems().size(), 3u);
}

TEST(ToolDefinition, KeepsEveryOtherByte) {
  const std::string definition =
      R"({"title":"T","name":"old","x":1.0E+2,"inputSchema":{"$schema":"s" , "z":[1.50]},"_meta":{}})";
  EXPECT_EQ(
      rewrite_definition(definition, "new", ""),
      R"({"title":"T","name":"new","x":1.0E+2,"inputSchema":{"$schema":"s" , "z":[1.50]},"_meta":{}})");
}

TEST(ToolDefinition, SuppliesASchemaWhereThereIsNone) {
  EXPECT_EQ(rewrite_definition(R"({"name":"a"})", "b", "says"),
            R"({"name":"b","description":"says","inputSchema":{"type":"object"}})");
}

// What a client may rely on is what the backend can do.
TEST(TaskSupport, IsWhatTheBackendOffers) {
  using call::TaskSupport;
  const std::string optional = R"({"name":"a","execution":{"taskSupport":"optional","x":1.0}})";
  const std::string required = R"({"name":"a","execution":{"taskSupport":"required"}})";
  struct Case {
    TaskOffer offer;
    std::string given;
    TaskSupport support;
    std::string published;
  };
  const std::string plain = R"({"name":"a"})";
  for (const Case& each : {
           Case{TaskOffer::kLegacy, optional, TaskSupport::kOnRequest, optional},
           Case{TaskOffer::kLegacy, required, TaskSupport::kRequired, required},
           Case{TaskOffer::kLegacy, plain, TaskSupport::kNone, plain},
           Case{TaskOffer::kNone, optional, TaskSupport::kNone,
                R"({"name":"a","execution":{"x":1.0}})"},
           Case{TaskOffer::kNone, required, TaskSupport::kNone, plain},
           Case{TaskOffer::kModern, plain, TaskSupport::kServerDecides,
                R"({"name":"a","execution":{"taskSupport":"optional"}})"},
       }) {
    std::string definition = each.given;
    EXPECT_EQ(settle_task_support(definition, each.offer), each.support) << each.given;
    EXPECT_EQ(definition, each.published);
  }
  EXPECT_EQ(without_task_support(required), plain);
}

}  // namespace
}  // namespace larkspur::gateway
