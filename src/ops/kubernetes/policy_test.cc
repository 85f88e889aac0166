#include "ops/kubernetes/policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "json/value.h"
#include "ops/kubernetes/words.h"

namespace larkspur::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const KubectlRules kReadOnly{.raw_paths = {"/healthz", "/apis/metrics.k8s.io"}};
const KubectlRules kWriting{.allow_write = true};

std::string decision(std::string_view command, const KubectlRules& rules = kReadOnly,
                     bool manifest = false) {
  const auto admitted = admit_command(command, rules, manifest);
  if (!admitted) return "deny:" + std::string(policy_id(admitted.error().reason));
  return admitted->streams() ? "allow:streaming" : "allow";
}

std::string canonical(std::string_view command, const KubectlRules& rules = kReadOnly) {
  const auto admitted = admit_command(command, rules, true);
  return admitted ? fmt::format("{}", fmt::join(admitted->canonical(), " "))
                  : admitted.error().message;
}

TEST(Words, AreSplitAsAShellWould) {
  const auto split = [](std::string_view text) { return *split_words(text); };
  EXPECT_THAT(split("get  pods\t-A"), ElementsAre("get", "pods", "-A"));
  EXPECT_THAT(split(R"(a 'b c' "d \"e\"" f\ g '' x"y"'z')"),
              ElementsAre("a", "b c", "d \"e\"", "f g", "", "xyz"));
  EXPECT_THAT(split(R"("a\nb" '\' "$HOME `id`")"), ElementsAre("a\\nb", "\\", "$HOME `id`"));
  EXPECT_THAT(split("-o jsonpath='{.items[?(@.a>1)]}'"),
              ElementsAre("-o", "jsonpath={.items[?(@.a>1)]}"));
  EXPECT_TRUE(split("").empty());
}

TEST(Words, RefuseWhatOnlyAShellUnderstands) {
  for (const char c : std::string_view(";|&<>$()`\n\r")) {
    const std::string outside = std::string("get pods ") + c + " x";
    EXPECT_FALSE(split_words(outside)) << outside;
    EXPECT_TRUE(split_words(std::string("get 'pods ") + c + "'")) << c;
  }
  EXPECT_FALSE(split_words("get 'pods"));
  EXPECT_FALSE(split_words("get pods\\"));
  EXPECT_FALSE(split_words(std::string_view("get '\0'", 7)));
  EXPECT_THAT(split_words("get pods | head").error().message, HasSubstr("'|' at character 10"));
}

TEST(KubectlPolicy, AllVectors) {
  std::ifstream file("src/ops/kubernetes/testdata/kubectl_policy.json");
  const auto document =
      json::Document::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  ASSERT_TRUE(document);
  std::size_t count = 0;
  for (const json::Value each : document->root()["cases"].elements()) {
    std::string command, expected;
    for (const json::Value text : each.elements()) {
      (command.empty() ? command : expected) = std::string(text.string());
    }
    // "allow" says nothing of streaming: wait is a command that may well last.
    const std::string got = decision(command);
    EXPECT_TRUE(got == expected ||
                (expected.starts_with("allow") && got == expected.substr(0, expected.find(' '))) ||
                (expected == "allow" && got == "allow:streaming"))
        << command << ": " << got << " instead of " << expected;
    ++count;
  }
  EXPECT_EQ(count, 38u);
}

TEST(KubectlPolicy, EverySpellingOfAForbiddenFlagIsRefused) {
  for (const std::string_view flag : {"kubeconfig",
                                      "context",
                                      "cluster",
                                      "user",
                                      "server",
                                      "token",
                                      "username",
                                      "password",
                                      "as",
                                      "as-group",
                                      "as-uid",
                                      "client-certificate",
                                      "client-key",
                                      "certificate-authority",
                                      "tls-server-name",
                                      "cache-dir",
                                      "profile",
                                      "profile-output",
                                      "log-flush-frequency",
                                      "vmodule"}) {
    for (const std::string& form :
         {fmt::format("get pods --{}=x", flag), fmt::format("get pods --{} x", flag),
          fmt::format("--{} x get pods", flag), fmt::format("--{}=x get pods", flag),
          fmt::format("get pods '--{}=x'", flag), fmt::format("get pods -n a --{}= b", flag),
          fmt::format("get pods -\\-{} x", flag)}) {
      EXPECT_EQ(decision(form), "deny:forbidden_flag") << form;
      EXPECT_EQ(decision(form, kWriting), "deny:forbidden_flag") << form;
    }
  }
  for (const std::string_view form :
       {"get pods -s https://evil", "get pods -shttps://evil", "get pods -As x", "get pods -As=x",
        "-s x get pods", "get pods --insecure-skip-tls-verify",
        "get pods --insecure-skip-tls-verify=false", "get pods -v=9", "get pods -v9",
        "get pods -v 10", "get pods --v=8", "get pods -Av6", "get pods --v=", "get pods -v=05",
        "logs p --insecure-skip-tls-verify-backend", "get pods --kuberc=/tmp/x"}) {
    EXPECT_EQ(decision(form), "deny:forbidden_flag") << form;
  }
  EXPECT_EQ(decision("get pods -v=2"), "allow");
}

TEST(KubectlPolicy, UnknownFlagsAreRefusedNotGuessed) {
  for (const std::string_view form :
       {"get pods --Kubeconfig=x", "get pods --kubeconfi x", "get pods -Z", "get pods -AZ",
        "get pods ---token=x", "get pods --=x", "get pods -o", "get pods --tok=x",
        "-o yaml get pods", "-w get pods", "-A get pods"}) {
    EXPECT_EQ(decision(form), "deny:unknown_flag") << form;
  }
  EXPECT_THAT(canonical("get pods --slector=x"), HasSubstr("did you mean --selector?"));
}

// What looks like a space or a letter and is none.
TEST(KubectlPolicy, LookalikesAreWordsThatNobodyKnows) {
  for (const std::string_view form :
       {"get\u00A0secrets -o yaml", "\u0261et secrets", "get\u200B pods", "\uFEFFget pods",
        "GET pods", "Delete pod x", "get\vpods", "get\fpods"}) {
    EXPECT_EQ(decision(form), "deny:unknown_command") << form;
  }
  for (const std::string_view form : {"get pods -\u2010token=x", "get pods --token\uFF1Dx",
                                      "get pods --tok\u0435n=x", "get pods -\u00ADtoken x"}) {
    EXPECT_EQ(decision(form), "deny:unknown_flag") << form;
  }
}

TEST(KubectlPolicy, WriteVerbsHideBehindNothing) {
  for (const std::string_view verb : {"apply -f -",
                                      "create ns x",
                                      "delete pod x",
                                      "patch pod x -p {}",
                                      "scale deploy/x --replicas=0",
                                      "label pod x a=b",
                                      "annotate pod x a=b",
                                      "set image deploy/x a=b",
                                      "expose pod x",
                                      "autoscale deploy x --max=3",
                                      "taint node x a=b:NoSchedule",
                                      "cordon x",
                                      "uncordon x",
                                      "drain x",
                                      "replace -f -",
                                      "run x --image=y",
                                      "exec x -- ls",
                                      "certificate approve x",
                                      "rollout restart deploy/x",
                                      "rollout undo deploy/x",
                                      "auth reconcile -f -",
                                      "config use-context x",
                                      "config set a b",
                                      "config delete-context x",
                                      "cp x:/a b"}) {
    for (const std::string_view before :
         {"", "kubectl ", "-n x ", "-nx ", "--namespace x ", "--namespace=x ",
          "--request-timeout 5s ", "-v 1 -n x ", "--namespace get "}) {
      const std::string command = std::string(before) + std::string(verb);
      EXPECT_EQ(decision(command, kReadOnly, true), "deny:write") << command;
    }
  }
  EXPECT_EQ(decision("rollout -- status deploy/x"), "deny:unknown_flag");
}

TEST(KubectlPolicy, WritingIsAllowedWhereTheConfigurationSaysSo) {
  EXPECT_EQ(decision("delete pod x", kWriting), "allow");
  EXPECT_EQ(decision("exec x -- ls -it", kWriting), "allow");  // -it belongs to ls
  EXPECT_EQ(decision("apply -f -", kWriting, true), "allow");
  EXPECT_EQ(decision("exec -it x -- sh", kWriting), "deny:interactive");
  EXPECT_EQ(decision("run x --image=y --rm -i", kWriting), "deny:interactive");
  EXPECT_EQ(decision("delete -i pod x", kWriting), "deny:interactive");
  EXPECT_EQ(decision("apply edit-last-applied deploy/x", kWriting), "deny:interactive");
  EXPECT_EQ(decision("cp x:/etc/passwd /tmp/y", kWriting), "deny:writes_local_file");
  EXPECT_EQ(decision("config use-context x", kWriting), "deny:write");
  for (const std::string_view form :
       {"apply -f x.yaml", "apply -f https://evil", "apply -f -,/etc/passwd", "apply -f=/x",
        "apply -f - -f x", "apply -k .", "create secret generic x --from-file=/etc/shadow",
        "create configmap x --from-env-file=/etc/environment", "patch pod x --patch-file=/x",
        "create secret tls x --cert=/a --key=/b", "set env --local -f - A=b",
        "get pods -o jsonpath-file=/etc/passwd", "get pods -o=go-template-file=/x",
        "get pods -o custom-columns-file=/x"}) {
    EXPECT_EQ(decision(form, kWriting, true), "deny:remote_or_local_file") << form;
  }
  EXPECT_EQ(decision("apply -f -", kWriting, false),
            "deny:remote_or_local_file");  // and no manifest
}

TEST(KubectlPolicy, SecretsAreShownInNoForm) {
  for (const std::string_view type : {"secret", "secrets", "Secret", "SECRETS", "secrets.v1",
                                      "secret.v1.", "pods,secrets", "secrets,pods"}) {
    for (const std::string_view form :
         {"-o yaml", "-oyaml", "-o=json", "--output=json", "--output yaml", "-Ao yaml", "-Aoyaml",
          "-o jsonpath={.items}", "-o jsonpath-as-json={.items}", "-o go-template={{.data}}",
          "-o template={{.data}}", "-o custom-columns=X:.data",
          "-o go-template --template={{.data}}", "--template={{.data}}", "--sort-by=.data.a",
          "-o wide -o yaml", "-o kyaml"}) {
      const std::string command = fmt::format("get {} {}", type, form);
      EXPECT_EQ(decision(command), "deny:sensitive_resource") << command;
      const std::string behind = fmt::format("get {} {} db", form, type);
      EXPECT_EQ(decision(behind), "deny:sensitive_resource") << behind;
    }
    EXPECT_EQ(decision(fmt::format("get {}", type)), "allow");
    EXPECT_EQ(decision(fmt::format("get {} -o wide", type)), "allow");
    EXPECT_EQ(decision(fmt::format("get {} -o name", type)), "allow");
  }
  for (const std::string_view command :
       {"get secret/db -o yaml", "get pod/x secret/db -o yaml",
        "wait secret/db --for=jsonpath={.data.a}=b", "wait secret/db --for jsonpath={.data.a}",
        "get -f - -o jsonpath={.data}", "get -f - --template={{.data}}", "config view --flatten"}) {
    EXPECT_EQ(decision(command, kReadOnly, true), "deny:sensitive_resource") << command;
  }
  for (const std::string_view command :
       {"create token default", "apply view-last-applied secret db",
        "patch secret db -p {} -o yaml", "label secret db a=b -o json",
        "create secret generic x --from-literal=a=b -o yaml --dry-run=client",
        "set env deploy/x --list --resolve"}) {
    EXPECT_EQ(decision(command, kWriting), "deny:sensitive_resource") << command;
  }
  for (const std::string_view command :
       {"get -o yaml -- secrets", "get -- secrets db", "describe -- x"}) {
    EXPECT_EQ(decision(command), "deny:unknown_flag") << command;
  }
  EXPECT_EQ(decision("get pod secret -o yaml"), "allow");  // a pod of that name
  EXPECT_EQ(decision("describe secret db"), "allow");
  EXPECT_EQ(decision("get secrets -o yaml", {.allow_sensitive = true}), "allow");
}

TEST(KubectlPolicy, RawPathsAreThoseThatAreListed) {
  EXPECT_EQ(decision("get --raw /healthz"), "allow");
  EXPECT_EQ(decision("get --raw=/healthz/etcd?verbose"), "allow");
  EXPECT_EQ(decision("get --raw /apis/metrics.k8s.io/v1beta1/nodes"), "allow");
  for (const std::string_view path :
       {"/healthzz", "/healthz/../api/v1/secrets", "/healthz/%2e%2e/api", "/api", "/apis",
        "//healthz", "healthz", "", "/", "/apis/metrics.k8s.io/secrets", "/healthz\\..\\api"}) {
    EXPECT_EQ(decision(fmt::format("get --raw='{}'", path)), "deny:raw_path") << path;
  }
  EXPECT_EQ(decision("delete --raw /healthz", kWriting), "deny:raw_path");
  EXPECT_EQ(decision("config view --raw x"), "deny:raw_path");
}

TEST(KubectlPolicy, WhatRunsIsWhatWasDecidedAbout) {
  EXPECT_EQ(canonical("kubectl -n x get -Aoyaml pods web"),
            "get pods web --namespace=x --all-namespaces --output=yaml");
  EXPECT_EQ(canonical("logs -fp web -c app --tail 20"),
            "logs web --follow --previous --container=app --tail=20");
  EXPECT_EQ(canonical("rollout -n x status deploy/web"), "rollout status deploy/web --namespace=x");
  EXPECT_EQ(canonical("get pods --watch=false"), "get pods --watch=false");
  EXPECT_EQ(canonical("exec web -c app -- sh -c 'ls -la'", kWriting),
            "exec web --container=app -- sh -c ls -la");
  EXPECT_EQ(canonical("delete pod x --dry-run client", kWriting), "delete pod x client --dry-run");
  EXPECT_EQ(decision("get pods --watch=false"), "allow");
  EXPECT_EQ(decision("rollout status deploy/x --watch=false"), "allow");
}

TEST(KubectlPolicy, ARefusalSaysWhatToDo) {
  EXPECT_THAT(canonical("get pods; ls"), HasSubstr("no shell runs the command"));
  EXPECT_THAT(canonical("gte pods"), HasSubstr("did you mean get?"));
  EXPECT_THAT(canonical("delete pod x"), HasSubstr("allowWrite"));
  EXPECT_THAT(canonical("get secrets -o yaml"), HasSubstr("describe secret NAME"));
  EXPECT_THAT(canonical(""), HasSubstr("get pods -n default"));
}

}  // namespace
}  // namespace larkspur::ops
