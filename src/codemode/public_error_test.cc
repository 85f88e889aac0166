#include "codemode/public_error.h"

#include <gtest/gtest.h>

namespace larkspur::codemode {
namespace {

TEST(PublicError, NamesOfTheScriptAreMaskedAndOursAreNot) {
  auto tool = std::make_shared<call::Tool>();
  tool->name = "get_issue";
  const std::vector<BoundTool> tools{{std::move(tool), "get_issue"}};
  const auto seen = [&](std::string_view message, std::string_view source) {
    return without_names(message, source, tools);
  };
  EXPECT_EQ(seen("undefined: tottal", "return tottal"), "undefined: ...");
  EXPECT_EQ(seen("string has no .secret field or method", "'x'.secret"),
            "string has no .... field or method");
  EXPECT_EQ(seen("key not in dict", "key = 1\nreturn {}[key]"), "key not in dict");
  EXPECT_EQ(seen("get_issue: got N positional arguments", "get_issue(1)"),
            "get_issue: got N positional arguments");
  EXPECT_EQ(seen("function f missing N argument (größe)", "def f(größe): pass"),
            "function ... missing N argument (...)");
  EXPECT_EQ(seen("division by zero", "1 // 0"), "division by zero");
  EXPECT_EQ(seen("", ""), "");
}

}  // namespace
}  // namespace larkspur::codemode
