#include "call/head_tail.h"

#include <gmock/gmock.h>

#include "base/text.h"

namespace larkspur::call {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(HeadTail, KeepsAllOfWhatFits) {
  HeadTail kept(8);
  kept.append("ab");
  kept.append("cdefgh");
  EXPECT_EQ(kept.text(), "abcdefgh");
  EXPECT_FALSE(kept.truncated());
}

TEST(HeadTail, KeepsBothEndsAndSaysWhatIsMissing) {
  HeadTail kept(8);
  for (char c = 'a'; c <= 'z'; ++c) kept.append(std::string(1, c));
  EXPECT_TRUE(kept.truncated());
  EXPECT_EQ(kept.bytes(), 26u);
  EXPECT_EQ(kept.text(), "abcd\n[... 18 bytes left out ...]\nwxyz");
}

TEST(HeadTail, OneLargePieceIsTheSameAsManySmallOnes) {
  const std::string text = [] {
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += "line " + std::to_string(i) + "\n";
    return lines;
  }();
  HeadTail whole(2048), pieces(2048);
  whole.append(text);
  for (std::size_t at = 0; at < text.size(); at += 7)
    pieces.append(std::string_view(text).substr(at, 7));
  EXPECT_EQ(whole.text(), pieces.text());
  EXPECT_THAT(whole.text(), StartsWith("line 0\n"));
  EXPECT_THAT(whole.text(), EndsWith("line 999\n"));
  // Cut between lines: the marker stands on a line of its own, and no line is half there.
  EXPECT_THAT(whole.text(), HasSubstr("\n[... "));
  EXPECT_LE(whole.text().size(), 2048u + 64u);
}

TEST(HeadTail, NeverGivesHalfACharacter) {
  HeadTail kept(10);
  for (int i = 0; i < 40; ++i) kept.append("\xE2\x82\xAC");  // three bytes each
  EXPECT_TRUE(is_valid_utf8(kept.text()));
  HeadTail binary(64);
  binary.append("ok\xff\xfe ok\n");
  EXPECT_EQ(binary.text(), "ok\xEF\xBF\xBD\xEF\xBF\xBD ok\n");
}

}  // namespace
}  // namespace larkspur::call
