#include "ops/scrub.h"

#include <gmock/gmock.h>

#include "base/base64.h"

namespace larkspur::ops {
namespace {

std::string scrubbed(const Scrubber& scrubber, std::string text) {
  scrubber.scrub(text);
  return text;
}

TEST(Scrub, EverySpellingThatAnAnswerMayHave) {
  Scrubber scrubber;
  scrubber.add("CAIS/token+with==");
  EXPECT_EQ(scrubbed(scrubber,
                     "a CAIS/token+with== b CAIS%2Ftoken%2Bwith%3D%3D c "
                     R"("CAIS\/token+with==")"),
            R"(a [REDACTED] b [REDACTED] c "[REDACTED]")");
  EXPECT_EQ(scrubbed(scrubber, "CAIS/token"), "CAIS/token");
  EXPECT_EQ(scrubbed(scrubber, ""), "");
}

TEST(Scrub, AKeyInBase64IsKnownAsItself) {
  Scrubber scrubber;
  const std::string key = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
  scrubber.add(to_base64(key));
  EXPECT_EQ(scrubbed(scrubber, "x" + key + "y"), "x[REDACTED]y");
  EXPECT_EQ(scrubbed(scrubber, to_base64(key)), "[REDACTED]");
}

TEST(Scrub, ALongerSecretGoesBeforeOneThatItContains) {
  Scrubber scrubber;
  scrubber.add("password");
  scrubber.add("password-and-more");
  EXPECT_EQ(scrubbed(scrubber, "password-and-more password"), "[REDACTED] [REDACTED]");
}

TEST(Scrub, ShortTextsAreNoSecrets) {
  const execlog::Secret none(""), few("a");
  const Scrubber scrubber({&none, &few});
  EXPECT_EQ(scrubbed(scrubber, "banana"), "banana");
}

TEST(Scrub, HeadersOfAnAnswerToo) {
  Scrubber scrubber;
  scrubber.add("topsecret");
  call::HttpAnswer answer{400, {{"x-acs-request-id", "topsecret"}}, "you sent topsecret"};
  scrubber.scrub(answer);
  EXPECT_EQ(answer.header("x-acs-request-id"), "[REDACTED]");
  EXPECT_EQ(answer.body, "you sent [REDACTED]");
}

}  // namespace
}  // namespace larkspur::ops
