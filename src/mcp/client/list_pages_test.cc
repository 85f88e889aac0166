#include "mcp/client/list_pages.h"

#include <gtest/gtest.h>

namespace larkspur::mcp {
namespace {

TEST(ListPages, JoinsPagesAndKeepsItemsAsTheyCame) {
  ListPages pages("tools/list");
  auto next = pages.add(R"({"tools":[{"name":"a", "x":1.0}],"nextCursor":""})");
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(*next, R"({"cursor":""})");  // "" is a cursor like any other
  next = pages.add(R"({"tools":[{"name":"b"}],"nextCursor":"p\"3"})");
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(*next, R"({"cursor":"p\"3"})");
  next = pages.add(R"({"tools":[]})");
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(*next, std::nullopt);
  EXPECT_EQ(pages.take(),
            (std::vector<std::string>{R"({"name":"a", "x":1.0})", R"({"name":"b"})"}));
}

TEST(ListPages, ACursorThatComesAgainIsAnError) {
  ListPages pages("tools/list");
  ASSERT_TRUE(pages.add(R"({"tools":[],"nextCursor":"a"})"));
  ASSERT_TRUE(pages.add(R"({"tools":[],"nextCursor":"b"})"));
  const auto again = pages.add(R"({"tools":[],"nextCursor":"a"})");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kProtocol);
}

TEST(ListPages, ThePagesAreCounted) {
  ListPages pages("tools/list");
  for (std::size_t i = 0; i < ListPages::kMaxPages; ++i) {
    ASSERT_TRUE(pages.add(R"({"tools":[],"nextCursor":")" + std::to_string(i) + "\"}"));
  }
  const auto one_more = pages.add(R"({"tools":[]})");
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code, ErrorCode::kTooLarge);
}

TEST(ListPages, TheItemsAreCounted) {
  ListPages pages("tools/list");
  std::string many = R"({"tools":[{})";
  for (std::size_t i = 0; i < ListPages::kMaxItems; ++i) many += ",{}";
  const auto page = pages.add(many + "]}");
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::kTooLarge);
}

TEST(ListPages, RefusesWhatIsNoPage) {
  for (const char* text : {R"({})", R"({"tools":{}})", R"({"tools":["a"]})",
                           R"({"tools":[],"nextCursor":7})", R"({"tools":[)"}) {
    const auto page = ListPages("tools/list").add(text);
    ASSERT_FALSE(page) << text;
    EXPECT_EQ(page.error().code, ErrorCode::kProtocol) << text;
  }
}

TEST(ListPages, EveryListHasItsMember) {
  ListPages templates("resources/templates/list");
  EXPECT_TRUE(templates.add(R"({"resourceTemplates":[{"uriTemplate":"x://{a}"}]})"));
  EXPECT_EQ(templates.take(), std::vector<std::string>{R"({"uriTemplate":"x://{a}"})"});
  EXPECT_EQ(ListPages("prompts/list").add("{}").error().message,
            "prompts/list: the result has no array `prompts`");
}

}  // namespace
}  // namespace larkspur::mcp
