#include "codemode/tool_value.h"

#include <gtest/gtest.h>

namespace larkspur::codemode {
namespace {

TEST(ToolValue, StructuredContentComesFirst) {
  EXPECT_EQ(
      *tool_value(R"({"content":[{"type":"text","text":"no"}],"structuredContent":{"a":1.0}})"),
      R"({"a":1.0})");
  EXPECT_EQ(*tool_value(R"({"content":[],"structuredContent":{"result":[1,2]}})"), "[1,2]");
  EXPECT_EQ(*tool_value(R"({"content":[],"structuredContent":{"result":1,"x":2}})"),
            R"({"result":1,"x":2})");
  EXPECT_EQ(*tool_value(R"({"content":[],"structuredContent":[7]})"), "[7]");
}

TEST(ToolValue, TextIsDecodedWhereAllOfItIsJson) {
  const auto of_text = [](const std::string& quoted) {
    return *tool_value(R"({"content":[{"type":"text","text":)" + quoted + "}]}");
  };
  EXPECT_EQ(of_text(R"("{\"id\": 12345678901234567890}")"), R"({"id": 12345678901234567890})");
  EXPECT_EQ(of_text(R"(" 17 ")"), "17");
  EXPECT_EQ(of_text(R"("17 apples")"), R"("17 apples")");
  EXPECT_EQ(of_text(R"("")"), R"("")");
  EXPECT_EQ(of_text(R"("{\"a\": 1} trailing")"), R"("{\"a\": 1} trailing")");
}

TEST(ToolValue, SeveralItemsMakeAListAndOtherKindsStayWhole) {
  EXPECT_EQ(*tool_value(R"({"content":[{"type":"text","text":"a"},{"type":"text","text":"2"}]})"),
            R"(["a",2])");
  EXPECT_EQ(*tool_value(R"({"content":[{"type":"image","data":"AA==","mimeType":"image/png"}]})"),
            R"({"type":"image","data":"AA==","mimeType":"image/png"})");
  EXPECT_EQ(*tool_value(R"({"content":[]})"), "null");
  EXPECT_EQ(*tool_value("{}"), "null");
  EXPECT_FALSE(tool_value("[]"));
}

TEST(ToolError, IsTheTextOfTheResult) {
  EXPECT_EQ(tool_error(R"({"isError":true,"content":[{"type":"text","text":"disk full"},
    {"type":"image"},{"type":"text","text":"try later"}]})"),
            "disk full\ntry later");
  EXPECT_EQ(tool_error(R"({"isError":true,"content":[]})"),
            "the tool answered with an error and no text");
  const std::string big(10'000, 'x');
  EXPECT_EQ(tool_error(R"({"content":[{"type":"text","text":")" + big + R"("}]})").size(), 2048u);
}

}  // namespace
}  // namespace larkspur::codemode
