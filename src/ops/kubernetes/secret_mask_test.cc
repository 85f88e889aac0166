#include "ops/kubernetes/secret_mask.h"

#include <gmock/gmock.h>

namespace larkspur::ops {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kCanary = "aHVudGVyMg==";

// What kubectl prints for one Secret, in its forms.
const std::string kYaml = R"(apiVersion: v1
data:
  password: aHVudGVyMg==
  cert: |
    line aHVudGVyMg==
immutable: false
kind: Secret
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","stringData":{"password":"aHVudGVyMg=="}}
  name: db
type: Opaque
)";

const std::string kYamlList = R"(apiVersion: v1
items:
- apiVersion: v1
  data:
    password: aHVudGVyMg==
  kind: Secret
  metadata:
    name: db
- apiVersion: v1
  kind: Secret
  stringData:
    other: "aHVudGVyMg=="
  type: Opaque
kind: List
)";

const std::string kJson = R"({
    "apiVersion": "v1",
    "data": {
        "password": "aHVudGVyMg==",
        "last": "aHVudGVyMg=="
    },
    "kind": "Secret",
    "metadata": {
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"a\":\"aHVudGVyMg==\"}}\n"
        },
        "name": "db"
    },
    "type": "Opaque"
}
)";

class EveryForm : public testing::TestWithParam<std::string> {};

TEST_P(EveryForm, HoldsNoValueAfterwards) {
  const std::string masked = mask_secrets(GetParam());
  EXPECT_THAT(masked, Not(HasSubstr(kCanary))) << masked;
  EXPECT_EQ(mask_secrets(masked), masked);
}

INSTANTIATE_TEST_SUITE_P(
    Secrets, EveryForm,
    testing::Values(
        kYaml, kYamlList, kJson,
        // a watch: several documents
        kJson + kJson, kYaml + "---\n" + kYaml,
        // compact
        R"({"kind":"SecretList","items":[{"data":{"a":"aHVudGVyMg=="}}]})",
        R"({"kind":"Secret","data":{"a":"aHVudGVyMg=="}}{"kind":"Secret","data":{"a":"aHVudGVyMg=="}})",
        // bytes that are not UTF-8, and braces in strings
        "{\n  \xE9\"kind\": \"Secret\",\n    \"data\": {\x01 \"p\": \"x\",\xD4 \"l\": "
        "\"aHVudGVyMg==\"\n}",
        "{\"kind\":\"Secret\",\"data\":{\"p\":\"x\",\xD4 \"l\":\"aHVudGVyMg==\"}}",
        R"({"kind":"Secret","stringData":{"p":"a}aHVudGVyMg==","q":"\"}aHVudGVyMg=="}}{)",
        // almost JSON
        R"({"kind":"SecretList","items":[{"data":{"a":d"aHVudGVyMg=="}}]})",
        // cut off in the middle
        kJson.substr(0, kJson.find("\"type\"")) + "\n[... 9 bytes left out ...]\n",
        R"({"kind":"Secret","data":{"a":"aHVudGVyMg==","b":"aHVudGVyMg)"));

TEST(SecretMask, KeepsWhatIsNoSecret) {
  const std::string config_map = "apiVersion: v1\ndata:\n  key: value\nkind: ConfigMap\n";
  EXPECT_EQ(mask_secrets(config_map), config_map);
  const std::string table = "NAME   TYPE     DATA   AGE\ndb     Opaque   1      3d\n";
  EXPECT_EQ(mask_secrets(table), table);
}

TEST(SecretMask, KeepsNamesKeysAndLayout) {
  const std::string masked = mask_secrets(kYaml);
  EXPECT_THAT(masked, HasSubstr("  password: [REDACTED]\n"));
  EXPECT_THAT(masked, HasSubstr("  name: db\ntype: Opaque\n"));
  EXPECT_THAT(masked, HasSubstr("immutable: false\n"));
  EXPECT_THAT(mask_secrets(kJson), HasSubstr("        \"password\": \"[REDACTED]\",\n"));
  EXPECT_THAT(mask_secrets(kJson), HasSubstr("    \"type\": \"Opaque\"\n}\n"));
}

TEST(SecretMask, DescribedTokensAreMasked) {
  EXPECT_EQ(
      mask_described("Data\n====\nca.crt:     570 bytes\ntoken:      eyJhbGciOi.x.y\nname: a\n"),
      "Data\n====\nca.crt:     570 bytes\ntoken:      [REDACTED]\nname: a\n");
}

// As kubectl 1.20 prints it, which masks nothing.
TEST(SecretMask, ADifferenceOfASecretIsNotShown) {
  const std::string secret =
      "diff -u -N /tmp/LIVE-1/v1.Secret.default.db /tmp/MERGED-2/v1.Secret.default.db\n"
      "--- /tmp/LIVE-1/v1.Secret.default.db\t2026-01-15 08:00:00 +0000\n"
      "+++ /tmp/MERGED-2/v1.Secret.default.db\t2026-01-15 08:00:00 +0000\n"
      "@@ -1,6 +1,6 @@\n apiVersion: v1\n data:\n-  password: aHVudGVyMg==\n+  password: Zm9v\n"
      " kind: Secret\n";
  const std::string other =
      "diff -u -N /tmp/LIVE-1/v1.ConfigMap.default.v1.Secret /tmp/MERGED-2/v1.ConfigMap.default.x\n"
      "@@ -1,6 +1,6 @@\n data:\n-  a: b\n+  a: c\n";
  const std::string header = secret.substr(0, secret.find('\n') + 1);
  EXPECT_EQ(mask_diff(secret), header + "[REDACTED]\n");
  EXPECT_EQ(mask_diff(other + secret + other), other + header + "[REDACTED]\n" + other);
  EXPECT_EQ(mask_diff(mask_diff(secret)), mask_diff(secret));
  EXPECT_EQ(mask_diff(""), "");
  EXPECT_EQ(mask_diff("no newline"), "no newline");
}

}  // namespace
}  // namespace larkspur::ops
