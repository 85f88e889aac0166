#include "net/http_message.h"

#include <gtest/gtest.h>

namespace larkspur::net {
namespace {

TEST(HeadersTest, NamesCompareWithoutCaseAndValuesAreTrimmed) {
  const Headers headers{{"Content-Type", " text/plain \t"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(headers.get("content-type"), "text/plain");
  EXPECT_EQ(headers.get("X"), "1");
  EXPECT_EQ(headers.count("x"), 2u);
  EXPECT_EQ(headers.get("absent"), "");
  EXPECT_FALSE(headers.has("absent"));
}

TEST(HeadersTest, SetReplacesEveryFieldOfThatName) {
  Headers headers{{"A", "1"}, {"b", "x"}, {"a", "2"}};
  headers.set("a", "3");
  EXPECT_EQ(headers.count("A"), 1u);
  EXPECT_EQ(headers.get("A"), "3");
  EXPECT_EQ(headers.get("b"), "x");
}

TEST(HttpRequestTest, PathEndsAtTheQuery) {
  HttpRequest request;
  request.target = "/mcp?x=1";
  EXPECT_EQ(request.path(), "/mcp");
  request.target = "/mcp";
  EXPECT_EQ(request.path(), "/mcp");
}

}  // namespace
}  // namespace larkspur::net
