#include "execlog/capture.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace larkspur::execlog {
namespace {

TEST(Digester, IsHmacSha256) {
  // RFC 4231, test case 2.
  EXPECT_EQ(Digester(Secret("Jefe")).of("what do ya want for nothing?"),
            "sha256:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digester, InPiecesOrWhole) {
  const Digester digester(Secret("key"));
  Digester::Running running = digester.begin();
  running.add("one");
  running.add("");
  running.add("two");
  EXPECT_EQ(running.take(), digester.of("onetwo"));
}

TEST(Digester, SpellingMakesNoDifference) {
  const Digester digester(Secret("key"));
  EXPECT_EQ(digester.of_json(R"({"a":1, "b":"é"})"), digester.of_json(R"({"b":"\u00e9","a":1.0})"));
  EXPECT_NE(digester.of_json(R"({"a":1})"), digester.of_json(R"({"a":2})"));
  EXPECT_EQ(digester.of_json("no JSON"), digester.of("no JSON"));
  EXPECT_NE(Digester(Secret("other")).of("x"), digester.of("x"));
}

class DigestKey : public ::testing::Test {
 protected:
  DigestKey() { std::filesystem::create_directories(directory_); }
  ~DigestKey() override { std::filesystem::remove_all(directory_); }
  std::string directory_ = ::testing::TempDir() + "digest-key-" + std::to_string(getpid());
  std::string path_ = directory_ + "/digest.key";
};

TEST_F(DigestKey, IsMadeOnceAndForItsOwnerAlone) {
  const auto first = Digester::with_key_in(path_);
  ASSERT_TRUE(first) << first.error().message;
  struct stat status{};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(Digester::with_key_in(path_)->of("x"), first->of("x"));
  std::filesystem::remove(path_);
  EXPECT_NE(Digester::with_key_in(path_)->of("x"), first->of("x"));
}

TEST_F(DigestKey, AFileThatHoldsNoneIsRefused) {
  std::ofstream(path_) << "short";
  const auto digester = Digester::with_key_in(path_);
  ASSERT_FALSE(digester);
  EXPECT_EQ(digester.error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(Digester::with_key_in(directory_ + "/missing/digest.key"));
}

TEST(CapturePolicy, TheFirstRuleThatFitsDecides) {
  const CapturePolicy policy(
      Digester(Secret("key")), Capture::kDigest,
      {{.tools = {"vault_*"}, .capture = Capture::kNone},
       {.tools = {"*_get", "list"}, .principals = {"alice"}, .capture = Capture::kFull},
       {.principals = {"ci-*"}, .capture = Capture::kNone}});
  EXPECT_EQ(policy.of("vault_get", "alice"), Capture::kNone);
  EXPECT_EQ(policy.of("github_get", "alice"), Capture::kFull);
  EXPECT_EQ(policy.of("list", "alice"), Capture::kFull);
  EXPECT_EQ(policy.of("list2", "alice"), Capture::kDigest);
  EXPECT_EQ(policy.of("github_get", "bob"), Capture::kDigest);
  EXPECT_EQ(policy.of("anything", "ci-7"), Capture::kNone);
}

TEST(CapturePolicy, StarsStandForAnyText) {
  const auto fits = [](std::string pattern, std::string_view tool) {
    const CapturePolicy policy(Digester(Secret("key")), Capture::kNone,
                               {{.tools = {std::move(pattern)}, .capture = Capture::kFull}});
    return policy.of(tool, "") == Capture::kFull;
  };
  EXPECT_TRUE(fits("*", ""));
  EXPECT_TRUE(fits("a*b*c", "axbxbxc"));
  EXPECT_FALSE(fits("a*b*c", "axbxbx"));
  EXPECT_TRUE(fits("**", "x"));
  EXPECT_FALSE(fits("", "x"));
  EXPECT_FALSE(fits("a", "aa"));
}

}  // namespace
}  // namespace larkspur::execlog
