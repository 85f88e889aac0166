#include "gateway/catalog/uri_template.h"

#include <gtest/gtest.h>

namespace larkspur::gateway {
namespace {

bool matches(std::string_view text, std::string_view uri) {
  return UriTemplate(text).matches(uri);
}

TEST(UriTemplate, AVariableStandsForOneSegment) {
  EXPECT_TRUE(matches("test://template/{id}/data", "test://template/123/data"));
  EXPECT_TRUE(matches("test://template/{id}/data", "test://template//data"));
  EXPECT_FALSE(matches("test://template/{id}/data", "test://template/1/2/data"));
  EXPECT_FALSE(matches("test://template/{id}/data", "test://template/123/date"));
  EXPECT_FALSE(matches("test://template/{id}/data", "test://template/123"));
  EXPECT_TRUE(matches("x://{a}-{b}", "x://1-2-3"));
}

TEST(UriTemplate, OperatorsStandForMore) {
  EXPECT_TRUE(matches("file:///{+path}", "file:///a/b/c.txt"));
  EXPECT_TRUE(matches("file:///{path*}", "file:///a/b/c.txt"));
  EXPECT_TRUE(matches("db://t{?limit,offset}", "db://t?limit=1&offset=2"));
  EXPECT_TRUE(matches("db://t{?limit,offset}", "db://t"));
  EXPECT_TRUE(matches("a{/path*}/end", "a/b/c/end"));
}

TEST(UriTemplate, WithoutVariablesItIsItself) {
  EXPECT_TRUE(matches("a://b", "a://b"));
  EXPECT_FALSE(matches("a://b", "a://b/"));
  EXPECT_TRUE(matches("a://{b", "a://{b"));  // no expression: it does not end
  EXPECT_FALSE(matches("", "a"));
}

TEST(UriTemplate, CountsWhatIsFixed) {
  EXPECT_EQ(UriTemplate("ab{c}d").fixed_bytes(), 3u);
}

}  // namespace
}  // namespace larkspur::gateway
