#include "call/tool_schema.h"

#include <gtest/gtest.h>

namespace larkspur::call {
namespace {

std::string shown(const ToolSchema& schema) {
  std::string text;
  for (const Parameter& each : schema.parameters) {
    text += each.name + ": " + each.type + (each.required ? "; " : "?; ");
  }
  return text;
}

TEST(ToolSchema, ReadsTypesAndPutsRequiredParametersFirst) {
  const ToolSchema schema =
      read_schema(R"({"name":"x","description":"Finds issues. Long story.\nMore.",
    "inputSchema":{"type":"object","required":["repo","n"],"additionalProperties":false,"properties":{
      "state":{"enum":["open","closed"]},"repo":{"type":"string"},"n":{"type":["integer","null"]},
      "tags":{"type":"array","items":{"type":"string"}},"any":{},"or":{"anyOf":[{"type":"number"},{"type":"boolean"}]}}}})");
  EXPECT_EQ(schema.summary, "Finds issues.");
  EXPECT_EQ(shown(schema),
            "repo: str; n: int | None; state: \"open\" | \"closed\"?; tags: list[str]?; any: any?; "
            "or: float | bool?; ");
  EXPECT_FALSE(schema.open);
}

TEST(ToolSchema, ASchemaThatSaysNothingIsNoError) {
  EXPECT_EQ(read_schema(R"({"name":"x"})").parameters.size(), 0u);
  EXPECT_TRUE(read_schema(R"({"name":"x","inputSchema":{"type":"object"}})").open);
  EXPECT_EQ(read_schema("not json").summary, "");
  EXPECT_EQ(read_schema(R"({"description":")" + std::string(400, 'x') + "\"}").summary.size(),
            160u);
}

}  // namespace
}  // namespace larkspur::call
