#include "base/text.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"

namespace larkspur {
namespace {

TEST(Text, TruncateNeverCutsACodePoint) {
  EXPECT_EQ(truncate_utf8("h\xC3\xA9llo", 2), "h");
  EXPECT_EQ(truncate_utf8("h\xC3\xA9llo", 3), "h\xC3\xA9");
  EXPECT_EQ(truncate_utf8("abc", 10), "abc");
  EXPECT_EQ(truncate_utf8("\xF0\x9F\x98\x80", 3), "");
}

TEST(Text, PrintableCannotForgeALineOrATerminalCommand) {
  EXPECT_EQ(printable("a\nb\r\x1b[31m"), "a\\x0ab\\x0d\\x1b[31m");
  EXPECT_EQ(printable("ok \xC3\xA9"), "ok \xC3\xA9");
  // Right-to-left override, line separator, isolate; a dash beside them stays.
  EXPECT_EQ(printable("\u202E"), "\uFFFD");
  EXPECT_EQ(printable("a\u2028b\u2066c"), "a\uFFFDb\uFFFDc");
  EXPECT_EQ(printable("\u2014"), "\u2014");
  EXPECT_EQ(printable("\xFF\xC3"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\xEF\xBF\xBD"
            "31m");
}

TEST(Text, NearestFindsTyposAndSwaps) {
  const std::string_view names[] = {"backends", "aggregation", "codeMode"};
  EXPECT_EQ(nearest("backend", names), "backends");
  EXPECT_EQ(nearest("codeMdoe", names), "codeMode");
  EXPECT_EQ(nearest("zebra", names), std::nullopt);
  EXPECT_EQ(edit_distance("abcdef", "ghijkl", 2), 3u);
}

TEST(Clock, IsoTimeHasMillisecondsAndZ) {
  EXPECT_EQ(to_iso8601(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso8601(1763624189123), "2025-11-20T07:36:29.123Z");
}

TEST(Random, Sha256OfAbc) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(random_hex(16).size(), 32u);
  EXPECT_NE(random_hex(16), random_hex(16));
}

TEST(Text, Patterns) {
  for (const auto& [text, pattern] :
       std::initializer_list<std::pair<const char*, const char*>>{{"", ""},
                                                                  {"", "*"},
                                                                  {"a", "?"},
                                                                  {"abc", "a*c"},
                                                                  {"ac", "a*c"},
                                                                  {"abcbc", "a*bc"},
                                                                  {"a*c", "a*c"},
                                                                  {"github_list", "github_*"},
                                                                  {"x", "***"}}) {
    EXPECT_TRUE(matches_pattern(text, pattern)) << text << ' ' << pattern;
  }
  for (const auto& [text, pattern] :
       std::initializer_list<std::pair<const char*, const char*>>{{"a", ""},
                                                                  {"", "?"},
                                                                  {"abc", "a*b"},
                                                                  {"abc", "A*"},
                                                                  {"github", "github_*"},
                                                                  {"xgithub_list", "github_*"}}) {
    EXPECT_FALSE(matches_pattern(text, pattern)) << text << ' ' << pattern;
  }
  EXPECT_FALSE(matches_pattern(std::string(5'000, 'a'), "*a*a*a*a*a*a*a*a*b"));
}

}  // namespace
}  // namespace larkspur
