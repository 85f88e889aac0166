#include "execlog/redaction/json_redaction.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace larkspur::execlog {
namespace {

std::string redacted_json(std::string text) {
  redact_json(text);
  std::string twice = text;
  EXPECT_EQ(redact_json(twice), 0U) << "not idempotent: " << text;
  EXPECT_EQ(twice, text);
  return text;
}

TEST(JsonRedaction, WhatStandsBelowASecretNameGoes) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"token":"x","n":1})", R"({"token":"[REDACTED]","n":1})"},
      {R"({"credentials":{"user":"u","pass":["x",{"y":1}]},"n":1})",
       R"({"credentials":"[REDACTED]","n":1})"},
      {R"({"a":[{"apiKey":["x","y"]}]})", R"({"a":[{"apiKey":"[REDACTED]"}]})"},
      {R"({"pwd":1234,"has_password":true,"token":null})",
       R"({"pwd":"[REDACTED]","has_password":true,"token":null})"},
      // What Kubernetes calls a secret is one whatever its keys are called.
      {R"({"kind":"Secret","metadata":{"name":"db"},"data":{"user":"eA=="},"stringData":{"a":"x"}})",
       R"({"kind":"Secret","metadata":{"name":"db"},"data":{"user":"[REDACTED]"},"stringData":{"a":"[REDACTED]"}})"},
      {R"({"kind":"Secret","data":"eA=="})", R"({"kind":"Secret","data":"[REDACTED]"})"},
      {R"({"kind":"ConfigMap","data":{"user":"eA=="}})",
       R"({"kind":"ConfigMap","data":{"user":"eA=="}})"},
      // Pairs of name and value, and words after a flag.
      {R"({"env":[{"name":"DB_PASSWORD","value":"x"},{"name":"HOME","value":"/"}]})",
       R"({"env":[{"name":"DB_PASSWORD","value":"[REDACTED]"},{"name":"HOME","value":"/"}]})"},
      {R"({"headers":[{"key":"Authorization","value":"x"}]})",
       R"({"headers":[{"key":"Authorization","value":"[REDACTED]"}]})"},
      {R"({"args":["--token","x","--verbose","y"]})",
       R"({"args":["--token","[REDACTED]","--verbose","y"]})"},
      {R"(["-----BEGIN EC PRIVATE KEY-----","MIIx","-----END EC PRIVATE KEY-----","after"])",
       R"(["[REDACTED PRIVATE KEY]","[REDACTED]","[REDACTED]","after"])"},
      // Strings, and JSON in them.
      {R"({"text":"Authorization: Bearer abc.DEF"})",
       R"({"text":"Authorization: Bearer [REDACTED]"})"},
      {R"({"text":"{\"user\":{\"secret\":{\"a\":1}}}"})",
       R"({"text":"{\"user\":{\"secret\":\"[REDACTED]\"}}"})"},
      {R"("password=x")", R"("password=[REDACTED]")"},
      // Not JSON.
      {R"({"password":"x")", R"({"password":"[REDACTED]")"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(redacted_json(text), expected);
}

TEST(JsonRedaction, WhatHoldsNoSecretKeepsEveryByte) {
  for (const std::string text :
       {R"({ "n" : 1.50, "s" : "\u00e9" })", R"({"max_tokens":100})", "[]", "plain text", ""}) {
    EXPECT_EQ(redacted_json(text), text);
  }
}

TEST(JsonRedaction, CountsWhatWent) {
  std::string text = R"({"token":"x","list":["password=y",{"secret":{"a":1,"b":2}}],"n":"z"})";
  EXPECT_EQ(redact_json(text), 3U);
}

TEST(JsonRedaction, JsonInJsonInJsonHasAnEnd) {
  std::string text = R"({"token":"CANARY"})";
  for (int i = 0; i < 6; ++i) {
    std::string quoted;
    for (const char c : text) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    text = R"({"text":")" + quoted + R"("})";
  }
  EXPECT_EQ(redacted_json(text).find("CANARY"), std::string::npos) << redacted_json(text);
}

}  // namespace
}  // namespace larkspur::execlog
