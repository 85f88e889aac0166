#include "mcp/auth/token.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "mcp/auth/key_set.h"
#include "mcp/auth/testing.h"

namespace larkspur::mcp::auth {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using Verdict = KeySet::Verdict;

KeySet keys_of(std::string_view json) {
  auto keys = KeySet::parse(json);
  EXPECT_TRUE(keys) << (keys ? "" : keys.error().message);
  return keys ? *std::move(keys) : KeySet();
}

std::string bytes(std::string_view base64url) {
  return from_base64url(base64url).value();
}

// RFC 7515 appendix A.3.
TEST(KeySet, TheEs256ExampleOfTheRfc) {
  const KeySet keys = keys_of(
      R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  const std::string input =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  const std::string signature = bytes(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  EXPECT_EQ(keys.verify("ES256", "", input, signature), Verdict::kGood);
  EXPECT_EQ(keys.verify("ES256", "", input + "x", signature), Verdict::kBad);
  EXPECT_EQ(keys.verify("ES256", "", input, signature.substr(1)), Verdict::kBad);
  EXPECT_EQ(keys.verify("ES256", "", input, std::string(64, '\0')), Verdict::kBad);
}

// RFC 8037 appendix A.4.
TEST(KeySet, TheEdDsaExampleOfTheRfc) {
  const KeySet keys = keys_of(
      R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  const std::string input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  std::string signature = bytes(
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  EXPECT_EQ(keys.verify("EdDSA", "", input, signature), Verdict::kGood);
  signature[5] = static_cast<char>(signature[5] ^ 1);
  EXPECT_EQ(keys.verify("EdDSA", "", input, signature), Verdict::kBad);
}

// What OpenSSL signs with either padding, and neither taken for the other.
TEST(KeySet, Rsa) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const auto number = [&](const char* name) {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key.get(), name, &value);
    std::string out(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(out.data()));
    BN_free(value);
    return to_base64url(out);
  };
  const KeySet keys = keys_of(R"({"keys":[{"kty":"RSA","kid":"r","n":")" + number("n") +
                              R"(","e":")" + number("e") + "\"}]}");
  ASSERT_EQ(keys.size(), 1u);
  for (const bool pss : {false, true}) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EVP_PKEY_CTX* settings = nullptr;
    EVP_DigestSignInit_ex(context.get(), &settings, "SHA256", nullptr, nullptr, key.get(), nullptr);
    if (pss) EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING);
    if (pss) EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST);
    std::string signature(256, '\0');
    std::size_t size = signature.size();
    const auto* input = reinterpret_cast<const unsigned char*>("input");
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, input,
                   5);
    EXPECT_EQ(keys.verify("PS256", "r", "input", signature), pss ? Verdict::kGood : Verdict::kBad);
    EXPECT_EQ(keys.verify("RS256", "r", "input", signature), pss ? Verdict::kBad : Verdict::kGood);
    EXPECT_EQ(keys.verify("RS256", "other", "input", signature), Verdict::kNoSuchKey);
    EXPECT_EQ(keys.verify("ES256", "r", "input", signature), Verdict::kNoSuchKey);
  }
}

TEST(KeySet, OnlyAsymmetricAlgorithmsExist) {
  const TestKey key;
  const KeySet keys = keys_of(key.set());
  for (const std::string_view algorithm : {"none", "None", "HS256", "", "ES256K", "RSA1_5"}) {
    EXPECT_EQ(keys.verify(algorithm, "", "x", ""), Verdict::kNoSuchAlgorithm) << algorithm;
  }
}

TEST(KeySet, LeavesOutWhatCannotBeUsed) {
  const TestKey key;
  const auto size = [](const std::string& jwk) {
    return keys_of(R"({"keys":[)" + jwk + "]}").size();
  };
  EXPECT_EQ(size(key.jwk()), 1u);
  EXPECT_EQ(size(R"({"kty":"oct","k":"c2VjcmV0"})"), 0u);
  EXPECT_EQ(size(R"({"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"})"), 0u);
  EXPECT_EQ(size(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"), 0u) << "24 bits";
  EXPECT_EQ(size(R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"})"), 0u);
  const std::string zero = to_base64url(std::string(32, '\1'));
  EXPECT_EQ(size(R"({"kty":"EC","crv":"P-256","x":")" + zero + R"(","y":")" + zero + "\"}"), 0u)
      << "not on the curve";
  EXPECT_EQ(size("7"), 0u);
  EXPECT_FALSE(KeySet::parse("{}"));
  EXPECT_FALSE(KeySet::parse("<html>"));
  std::string many = R"({"keys":[{})";
  for (std::size_t i = 0; i < KeySet::kMaxKeys; ++i) many += ",{}";
  EXPECT_FALSE(KeySet::parse(many + "]}"));
}

TEST(KeySet, AKeyMadeForOneAlgorithmServesNoOther) {
  const KeySet keys = keys_of(R"({"keys":[{"kty":"OKP","crv":"Ed25519","alg":"Ed25519ph",)"
                              R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  EXPECT_EQ(keys.verify("EdDSA", "", "x", std::string(64, 'a')), Verdict::kNoSuchKey);
}

std::string problem_of(std::string text) {
  const auto token = Token::parse(std::move(text));
  return token ? "" : token.error().message;
}

TEST(Token, WhatIsNoTokenIsToldSo) {
  const TestKey key;
  EXPECT_EQ(problem_of(key.sign("{}")), "");
  EXPECT_NE(problem_of("opaque"), "");
  EXPECT_NE(problem_of("a.b"), "");
  EXPECT_NE(problem_of("a.b.c.d.e"), "") << "JWE";
  EXPECT_NE(problem_of("e30.e30."), problem_of("e30.W10.")) << "an array is no payload";
  EXPECT_NE(problem_of(key.sign("{}") + "="), "");
  EXPECT_NE(problem_of(std::string(Token::kMaxBytes + 1, 'a')), "");
  EXPECT_NE(problem_of(key.sign(R"({"iss":"a","iss":"b"})")), "");
  EXPECT_NE(problem_of(key.sign("{}", R"({"alg":"ES256","crit":["b64"],"b64":false})")), "");
  EXPECT_NE(problem_of(key.sign("{}", R"({"alg":"ES256","typ":"dpop+jwt"})")), "");
}

class TokenClaims : public testing::Test {
 protected:
  std::string refused(std::string_view claims, std::int64_t now = 1'000) {
    const auto token = Token::parse(key_.sign(claims));
    EXPECT_TRUE(token);
    const std::vector<std::string> ours = {"https://mcp.example/mcp", "other-name"};
    const auto good = token->check("https://idp.example", ours, sys_seconds(seconds(now)));
    return good ? "" : good.error().message;
  }
  TestKey key_;
};

TEST_F(TokenClaims, EveryOneIsChecked) {
  const std::string good =
      R"({"iss":"https://idp.example","aud":"https://mcp.example/mcp","exp":2000,"nbf":900})";
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_EQ(refused(good), "");
  EXPECT_EQ(refused(with(R"("https://mcp.example/mcp")", R"(["x","other-name"])")), "");
  EXPECT_NE(refused(with("idp.example", "idp.example/")), "") << "compared byte for byte";
  EXPECT_NE(refused(with("/mcp\"", "/mcp/\"")), "") << "another audience";
  EXPECT_NE(refused(with(R"("aud":"https://mcp.example/mcp",)", "")), "");
  EXPECT_NE(refused(with(R"(,"exp":2000)", "")), "");
  EXPECT_NE(refused(with("2000", "\"2000\"")), "");
  EXPECT_NE(refused(with("2000", "1e300")), "");
  EXPECT_NE(refused(with("900", "null")), "");
}

TEST_F(TokenClaims, ClocksMayDifferByAMinute) {
  const std::string claims =
      R"({"iss":"https://idp.example","aud":"other-name","exp":2000.5,"nbf":1000})";
  EXPECT_NE(refused(claims, 939), "");
  EXPECT_EQ(refused(claims, 940), "");
  EXPECT_EQ(refused(claims, 2'059), "");
  EXPECT_NE(refused(claims, 2'060), "");
}

TEST(Token, ScopesInEverySpelling) {
  const TestKey key;
  const auto scopes = [&](std::string_view claims) {
    return Token::parse(key.sign(claims))->scopes();
  };
  const std::vector<std::string> two = {"a:x", "b"};
  EXPECT_EQ(scopes(R"({"scope":" a:x  b "})"), two);
  EXPECT_EQ(scopes(R"({"scp":["a:x","b"]})"), two);
  EXPECT_EQ(scopes(R"({"scp":"a:x b"})"), two);
  EXPECT_TRUE(scopes(R"({"scope":7})").empty());
}

}  // namespace
}  // namespace larkspur::mcp::auth
