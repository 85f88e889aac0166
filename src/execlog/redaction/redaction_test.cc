#include "execlog/redaction/redaction.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "execlog/secret.h"
#include "json/value.h"

namespace larkspur::execlog {
namespace {

json::Document vectors() {
  std::ifstream file("src/execlog/testdata/redaction.json");
  std::stringstream text;
  text << file.rdbuf();
  return json::Document::parse(text.str()).value();
}

TEST(Redaction, Vectors) {
  const json::Document document = vectors();
  ASSERT_GE(document.root()["cases"].size(), 10U);
  for (const json::Value pair : document.root()["cases"].elements()) {
    std::vector<std::string> texts;
    for (const json::Value text : pair.elements()) texts.emplace_back(text.string());
    EXPECT_EQ(redacted(texts.at(0)), texts.at(1));
    EXPECT_EQ(redacted(texts.at(1)), texts.at(1)) << "not idempotent";
  }
}

// Each text holds the canary; none may keep it.
TEST(Redaction, ShapesThatMustNotSurvive) {
  const std::vector<std::string> texts = {
      R"({"password":"hunter2-CANARY"})",
      R"({"a":{"apiKey" : "hunter2-CANARY with spaces"}})",
      R"("{\"token\":\"hunter2-CANARY\"}")",
      "password: hunter2-CANARY",
      "AWS_SECRET_ACCESS_KEY=hunter2-CANARY",
      "accessKeySecret='hunter2-CANARY'",
      "Cookie: session=hunter2-CANARY; b=1",
      "proxy-authorization: Digest username=\"a\" hunter2-CANARY",
      "postgres://admin:hunter2/CANARY@db.example/prod",
      "mongodb+srv://u:hunter2-CANARY@cluster0.example",
      "https://host/x?X-Amz-Signature=hunter2-CANARY&y=1",
      "https://acc.blob.example/c?sv=1&sig=hunter2-CANARY",
      "DefaultEndpointsProtocol=https;AccountKey=hunter2-CANARY==;EndpointSuffix=x",
      "curl -H 'X-Api-Key: hunter2-CANARY' https://host",
      "kubectl config set-credentials me --token hunter2-CANARY",
      "kubectl --docker-password=hunter2-CANARY create secret",
      "client-certificate-data: CANARY",
      "https://hooks.slack.com/services/T0/B0/CANARY",
      "-----BEGIN EC PRIVATE KEY-----\nCANARY",
      "ghp_0123456789abcdefghijCANARY",
      "github_pat_0123456789abcdefghijCANARY",
      "glpat-0123456789abcdCANARY",
      "AIza0123456789012345678901234567CANARY",
      "sk-proj-0123456789abcdefCANARY",
      "xoxb-0123456789-CANARY",
      "sk_live_0123456789CANARY",
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.CANARY",
      "got Bearer 0123CANARY from peer",
      std::string("\xff\xfe bytes before password=hunter2-CANARY"),
  };
  for (const std::string& text : texts) {
    const std::string once = redacted(text);
    EXPECT_EQ(once.find("CANARY"), std::string::npos) << once;
    EXPECT_EQ(redacted(once), once);
  }
}

TEST(Redaction, LeavesOrdinaryTextAlone) {
  for (const std::string text :
       {"tools/call read_file", "the backend 'github' refused the connection (ECONNREFUSED)",
        "https://example.com/api/v1/query?query=up&limit=10", "max_tokens: 100, tokens used: 7",
        "basic authentication is needed", "the bearer of this letter", "mail bob@example.com"}) {
    EXPECT_EQ(redacted(text), text);
  }
}

TEST(Redaction, ObjectsAndListsBehindASecretNameGoWhole) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"credentials":{"user":"u","list":["}"]},"n":1})",
       R"({"credentials":"[REDACTED]","n":1})"},
      {R"("{\"token\": {\"a\": \"x}\"}, \"n\": 1}")", R"("{\"token\": \"[REDACTED]\", \"n\": 1}")"},
      {"failed: {secret: [a, b], n: 1}", "failed: {secret: [REDACTED], n: 1}"},
      {R"({"apiKey":{"cut":"sho)", R"({"apiKey":"[REDACTED]")"},
      {R"({"tokens":{"a":1}})", R"({"tokens":{"a":1}})"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(redacted(text), expected);
    EXPECT_EQ(redacted(expected), expected);
  }
}

TEST(Redaction, Base64ThatSaysASecret) {
  // {"user":"x","password":"hunter2"} and "nothing to hide in this text here"
  EXPECT_EQ(redacted("auth eyJ1c2VyIjoieCIsInBhc3N3b3JkIjoiaHVudGVyMiJ9 end"),
            "auth [REDACTED] end");
  const std::string harmless = "data bm90aGluZyB0byBoaWRlIGluIHRoaXMgdGV4dCBoZXJl end";
  EXPECT_EQ(redacted(harmless), harmless);
}

// Texts put together of what the rules look for, by chance: twice is once.
TEST(Redaction, IsIdempotent) {
  static constexpr auto kPieces =
      std::to_array<std::string_view>({"password",
                                       "token",
                                       "=",
                                       ": ",
                                       "\"",
                                       "\\\"",
                                       "'",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       ",",
                                       " ",
                                       "\n",
                                       "--",
                                       "Bearer ",
                                       "Authorization: ",
                                       "eyJhbGciOi.J9.sig",
                                       "https://",
                                       "u:p@",
                                       "host/",
                                       "?sig=",
                                       "&",
                                       "x",
                                       "hunter2",
                                       "sk-0123456789abcdef0",
                                       "-----BEGIN PRIVATE KEY-----",
                                       "AKIA0123456789ABCDEF",
                                       "Cookie: ",
                                       ";",
                                       "/api/v1/prometheus/",
                                       "secret",
                                       "[REDACTED]",
                                       "eyJ1c2VyIjoieCIsInRva2VuIjoiYSJ9",
                                       "kind",
                                       "Secret",
                                       "\\",
                                       "é",
                                       "--from-literal=a="});
  std::mt19937 random(7);  // always the same texts
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t i = 0, count = 1 + random() % 12; i < count; ++i) {
      text += kPieces[random() % kPieces.size()];
    }
    const std::string once = redacted(text);
    ASSERT_EQ(redacted(once), once) << text;
  }
}

TEST(Redaction, KnowsWhereAnArgumentEnds) {
  const std::vector<std::string> arguments = {"get", "pods",        "--token",       "two words",
                                              "-n",  "kube-system", "--password=a b"};
  EXPECT_EQ(redacted_command(arguments),
            "get pods --token [REDACTED] -n kube-system --password=[REDACTED]");
}

TEST(Redaction, StoresOnlyAllowedHeaders) {
  EXPECT_TRUE(is_storable_header("X-Acs-Request-Id"));
  EXPECT_FALSE(is_storable_header("Authorization"));
  EXPECT_FALSE(is_storable_header("X-Whatever"));
}

TEST(Secret, ComparesAndReveals) {
  Secret secret("hunter2");
  Secret copy = secret;
  Secret moved = std::move(secret);
  EXPECT_TRUE(copy.equals("hunter2"));
  EXPECT_FALSE(copy.equals("hunter3"));
  EXPECT_EQ(moved.reveal(), "hunter2");
}

static_assert(!std::is_convertible_v<Secret, std::string> &&
              !std::is_convertible_v<Secret, std::string_view>);

}  // namespace
}  // namespace larkspur::execlog
