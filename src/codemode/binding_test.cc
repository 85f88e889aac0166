#include "codemode/binding.h"

#include <gtest/gtest.h>

#include "codemode/description.h"
#include "json/value.h"

namespace larkspur::codemode {
namespace {

std::shared_ptr<const call::Tool> tool(const std::string& name, const std::string& schema = "{}") {
  auto made = std::make_shared<call::Tool>();
  made->name = name;
  made->definition =
      R"({"name":")" + name + R"(","description":"Does it. More.","inputSchema":)" + schema + "}";
  made->schema = call::read_schema(made->definition);
  return made;
}

TEST(Binding, NamesBecomeIdentifiers) {
  EXPECT_EQ(identifier_for("github_get_issue"), "github_get_issue");
  EXPECT_EQ(identifier_for("git-hub/get.issue"), "git_hub_get_issue");
  EXPECT_EQ(identifier_for("2fa"), "_2fa");
  EXPECT_EQ(identifier_for("print"), "print_");
  EXPECT_EQ(identifier_for("lambda"), "lambda_");
  EXPECT_EQ(identifier_for("import"), "import_");
  EXPECT_EQ(identifier_for("call_tool"), "call_tool_");
  EXPECT_EQ(identifier_for("json"), "json_");
  EXPECT_EQ(identifier_for("caf\xC3\xA9"), "caf__");
}

TEST(Binding, TheSecondOfTwoEqualNamesIsReachedByCallTool) {
  const auto bound = bind_tools({tool("a-b"), tool("a.b"), tool("c")});
  ASSERT_EQ(bound.size(), 3u);
  EXPECT_EQ(bound[0].identifier, "a_b");
  EXPECT_EQ(bound[1].identifier, "");
  EXPECT_EQ(bound[2].identifier, "c");
  EXPECT_EQ(signature(bound[1]), "call_tool(\"a.b\")");
}

TEST(Binding, FunctionsCarryTheirParameters) {
  const auto bound = bind_tools({tool(
      "x",
      R"({"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"string"}},"required":["a"]})")});
  EXPECT_EQ(signature(bound[0]), "x(a: str, b: int = ...)");
}

TEST(Description, ListsEveryToolAndIsAValidToolObject) {
  const auto document =
      json::Document::parse(script_tool_definition(bind_tools({tool("one"), tool("two")})));
  ASSERT_TRUE(document) << document.error().message;
  const std::string_view description = document->root()["description"].string();
  EXPECT_NE(description.find("- one() - Does it.\n- two() - Does it.\n"), std::string_view::npos);
  EXPECT_EQ(document->root()["name"].string(), "execute_tool_script");
  EXPECT_TRUE(document->root()["inputSchema"]["properties"]["script"].is_object());
  EXPECT_NE(script_tool_definition({}).find("none at the moment"), std::string::npos);
}

}  // namespace
}  // namespace larkspur::codemode
