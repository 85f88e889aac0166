#include "mcp/client/param_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larkspur::mcp {
namespace {

std::string tool(const std::string& properties) {
  return R"({"name":"t","inputSchema":{"type":"object","properties":{)" + properties + "}}}";
}

std::string problem(const std::string& properties) {
  const auto read = read_param_headers(tool(properties));
  return read ? "" : read.error().message;
}

TEST(ParamHeaders, AreMadeOfTheArguments) {
  const auto wanted = read_param_headers(
      tool(R"("region":{"type":"string","x-mcp-header":"Region"},)"
           R"("deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},)"
           R"("on":{"type":"boolean","x-mcp-header":"On"},)"
           R"("list":{"type":"array","items":{"properties":{"x":{"x-mcp-header":"No"}}}})"));
  ASSERT_TRUE(wanted) << wanted.error().message;
  ASSERT_EQ(wanted->size(), 3u);
  const auto headers = param_headers(*wanted, R"({"region":"\u00e9","deep":{"n":-7},"on":false})");
  EXPECT_EQ(headers.get("Mcp-Param-Region"), "=?base64?w6k=?=");
  EXPECT_EQ(headers.get("Mcp-Param-N"), "-7");
  EXPECT_EQ(headers.get("Mcp-Param-On"), "false");
  const auto few = param_headers(*wanted, R"({"region":"","on":null})");
  EXPECT_TRUE(few.has("Mcp-Param-Region"));
  EXPECT_EQ(few.get("Mcp-Param-Region"), "");
  EXPECT_FALSE(few.has("Mcp-Param-N"));
  EXPECT_FALSE(few.has("Mcp-Param-On"));
}

TEST(ParamHeaders, AToolThatBreaksTheRulesIsRefused) {
  for (const char* name : {"", "My Region", "Region:Primary", "R\xc3\xa9gion", "Region\\t1"}) {
    EXPECT_THAT(problem(R"("v":{"type":"string","x-mcp-header":")" + std::string(name) + "\"}"),
                ::testing::HasSubstr("no header name"))
        << name;
  }
  for (const char* type : {"object", "array", "null", "number"}) {
    EXPECT_THAT(problem(R"("v":{"x-mcp-header":"V","type":")" + std::string(type) + "\"}"),
                ::testing::HasSubstr("strings, integers and booleans"))
        << type;
  }
  EXPECT_THAT(problem(R"("a":{"type":"string","x-mcp-header":"My"},)"
                      R"("b":{"type":"string","x-mcp-header":"my"})"),
              ::testing::HasSubstr("'b': another one"));
}

}  // namespace
}  // namespace larkspur::mcp
