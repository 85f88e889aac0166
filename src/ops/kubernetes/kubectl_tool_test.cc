// The tool around a program that stands in for kubectl and does as its script says; the real one is
// in tests/e2e/test_kubectl.py.
#include "ops/kubernetes/kubectl_tool.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "ops/testing.h"

namespace larkspur::ops {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class Kubectl : public testing::Test {
 protected:
  Kubectl() : directory_(*PrivateDirectory::make()) {
    std::ofstream(kubeconfig()) << "clusters:\n- cluster:\n    server: https://api.example:6443\n";
  }

  std::string kubeconfig() const { return directory_->path() + "/operator.yaml"; }

  // A program that runs these lines of shell.
  std::string program(const std::string& script) const {
    const std::string path = directory_->path() + "/kubectl";
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    ::chmod(path.c_str(), 0700);
    return path;
  }

  std::unique_ptr<BuiltinTool> tool(const std::string& script, KubectlOptions options = {}) {
    options.program = program(script);
    return make_kubectl_tool(std::move(options), local_kubeconfig(kubeconfig(), "staging"),
                             directory_);
  }

  static const execlog::KubectlCall& kubectl_of(const Outcome& outcome) {
    return std::get<execlog::KubectlCall>(outcome.record.api_calls.back().details);
  }

  std::shared_ptr<PrivateDirectory> directory_;
};

TEST_F(Kubectl, ASuccessHasOutputAndALeanRecord) {
  Trial trial(tool("for a; do echo \"<$a>\"; done; echo note >&2"));
  const Outcome outcome = trial.call(R"({"command":"-n web get pods -l 'app=a b' -o wide"})");
  EXPECT_FALSE(outcome.is_error) << outcome.text;
  EXPECT_EQ(outcome.data()["stdout"].string(),
            "<--kubeconfig=" + kubeconfig() + ">\n<--cache-dir=" + directory_->path() +
                "/cache>\n<--context=staging>\n<get>\n<pods>\n<--namespace=web>\n<--selector=app=a "
                "b>\n<--output=wide>\n");
  EXPECT_EQ(outcome.data()["stderr"].string(), "note\n");
  EXPECT_EQ(outcome.data()["exit_code"].integer(), 0);
  EXPECT_EQ(outcome.record.status, execlog::Status::kSuccess);
  EXPECT_FALSE(outcome.record.metadata);
  ASSERT_THAT(outcome.record.api_calls, SizeIs(2));
  const auto& config = std::get<execlog::KubeconfigCall>(outcome.record.api_calls[0].details);
  EXPECT_EQ(config.source, "local_file");
  EXPECT_EQ(config.server_host, "api.example:6443");
  EXPECT_EQ(outcome.record.api_calls[1].api, "KubectlCommand");
  EXPECT_EQ(kubectl_of(outcome).command,
            "kubectl get pods --namespace=web '--selector=app=a b' --output=wide");
  EXPECT_EQ(kubectl_of(outcome).type, "normal");
  EXPECT_EQ(kubectl_of(outcome).kube_namespace, "web");
  EXPECT_EQ(kubectl_of(outcome).exit_code, 0);
}

TEST_F(Kubectl, Ac6AnExitCodeThatIsNotZeroIsAFailure) {
  Trial trial(
      tool(R"(echo partial; echo 'Error from server (NotFound): pods "x" not found' >&2; exit 1)"));
  const Outcome outcome = trial.call(R"({"command":"get pod x"})");
  EXPECT_TRUE(outcome.is_error);
  EXPECT_EQ(outcome.error_code(), "NotFound");
  EXPECT_EQ(outcome.data()["exit_code"].integer(), 1);
  EXPECT_EQ(outcome.data()["stdout"].string(), "partial\n");
  EXPECT_THAT(outcome.text, HasSubstr("pods \"x\" not found"));
  EXPECT_EQ(outcome.record.status, execlog::Status::kFailed);
  EXPECT_EQ(outcome.record.metadata->failure_stage, FailureStage::kKubectlExecution);
  EXPECT_EQ(outcome.record.api_calls.back().status, execlog::ApiStatus::kFailed);
  EXPECT_EQ(outcome.record.api_calls.back().error_code, "NotFound");
}

TEST_F(Kubectl, ARefusalIsRecordedBeforeAnythingRuns) {
  Trial trial(tool("touch " + directory_->path() + "/ran"));
  const Outcome outcome =
      trial.call(R"({"command":"delete pod x --token=eyJhbGciOiJIUzI1NiJ9.e30.abcdefgh"})");
  EXPECT_TRUE(outcome.is_error);
  EXPECT_EQ(outcome.error_code(), "WriteCommandNotAllowed");
  EXPECT_EQ(outcome.record.status, execlog::Status::kDenied);
  EXPECT_EQ(outcome.record.metadata->failure_stage, FailureStage::kPolicyCheck);
  EXPECT_THAT(outcome.record.api_calls, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(directory_->path() + "/ran"));
  for (const auto& [key, value] : outcome.record.metadata->further) {
    if (key == "policy") EXPECT_EQ(std::get<std::string>(value), "write");
    if (key == "command") EXPECT_THAT(std::get<std::string>(value), Not(HasSubstr("eyJ")));
  }
}

TEST_F(Kubectl, AStreamReturnsWhatItCollected) {
  Trial trial(tool("echo one; echo two; exec sleep 1000"));
  const Outcome outcome = trial.call(R"({"command":"logs -f web","timeout_seconds":1})");
  EXPECT_FALSE(outcome.is_error) << outcome.text;
  EXPECT_EQ(outcome.data()["stdout"].string(), "one\ntwo\n");
  EXPECT_EQ(outcome.data()["exit_code"].integer(), 124);
  EXPECT_TRUE(outcome.data()["timed_out"].boolean());
  EXPECT_EQ(outcome.record.status, execlog::Status::kSuccess);
  EXPECT_EQ(kubectl_of(outcome).type, "streaming");
  EXPECT_EQ(kubectl_of(outcome).timed_out, true);
  EXPECT_EQ(outcome.record.api_calls.back().status, execlog::ApiStatus::kSuccess);
  EXPECT_THAT(trial.heard.messages, Not(IsEmpty()));
}

TEST_F(Kubectl, ACommandThatHangsIsATimeoutThatKeepsItsOutput) {
  Trial trial(tool("echo begun; exec sleep 1000"));
  const Outcome outcome = trial.call(R"({"command":"get pods","timeout_seconds":1})");
  EXPECT_TRUE(outcome.is_error);
  EXPECT_EQ(outcome.error_code(), "KubectlTimeout");
  EXPECT_EQ(outcome.data()["stdout"].string(), "begun\n");
  EXPECT_EQ(outcome.record.status, execlog::Status::kTimeout);
  EXPECT_EQ(outcome.record.api_calls.back().status, execlog::ApiStatus::kTimeout);
}

TEST_F(Kubectl, Ac12LongOutputKeepsBothEndsAndSaysSo) {
  Trial trial(tool("seq 1 100000", {.max_output_bytes = 4096}));
  const Outcome outcome = trial.call(R"({"command":"logs web"})");
  EXPECT_FALSE(outcome.is_error);
  EXPECT_THAT(std::string(outcome.data()["stdout"].string()), StartsWith("1\n2\n"));
  EXPECT_THAT(std::string(outcome.data()["stdout"].string()), HasSubstr("\n100000\n"));
  EXPECT_TRUE(outcome.data()["truncated"].boolean());
  EXPECT_EQ(outcome.record.status, execlog::Status::kPartial);
  EXPECT_EQ(kubectl_of(outcome).stdout_bytes, 588895);
}

TEST_F(Kubectl, SecretsOfAManifestAreMasked) {
  const std::string script =
      "cat >/dev/null; printf 'data:\\n  p: aHVudGVyMg==\\nkind: Secret\\n'; yes 'x: aHVudGVyMg==' "
      "| head -c ";
  Trial trial(tool(script + "0", {.rules = {.allow_write = true}}));
  const Outcome outcome =
      trial.call(R"({"command":"apply -f - -o yaml","manifest":"kind: Secret"})");
  EXPECT_FALSE(outcome.is_error) << outcome.text;
  EXPECT_THAT(std::string(outcome.data()["stdout"].string()), HasSubstr("p: [REDACTED]"));
  Trial cut(tool(script + "100000", {.rules = {.allow_write = true}, .max_output_bytes = 2048}));
  const Outcome truncated =
      cut.call(R"({"command":"apply -f - -o yaml","manifest":"kind: Secret"})");
  EXPECT_THAT(std::string(truncated.data()["stdout"].string()), Not(HasSubstr("left out")));
}

TEST_F(Kubectl, DiffFindsDifferencesAndIsNoFailure) {
  Trial trial(tool("cat; exit 1"));
  const Outcome outcome = trial.call(R"({"command":"diff -f -","manifest":"kind: Pod\n"})");
  EXPECT_FALSE(outcome.is_error);
  EXPECT_EQ(outcome.data()["stdout"].string(), "kind: Pod\n");
  EXPECT_EQ(outcome.record.api_calls.back().status, execlog::ApiStatus::kSuccess);
}

TEST_F(Kubectl, Ac6ADiffThatCouldNotBeMadeIsAFailure) {
  Trial trial(tool("cat >/dev/null; echo 'Error: unknown flag' >&2; exit 1"));
  const Outcome outcome = trial.call(R"({"command":"diff -f -","manifest":"kind: Pod\n"})");
  EXPECT_TRUE(outcome.is_error);
  EXPECT_EQ(outcome.record.api_calls.back().status, execlog::ApiStatus::kFailed);
}

TEST_F(Kubectl, HowASecretDiffersIsNotSaid) {
  const std::string script =
      "echo 'diff -u -N /tmp/LIVE-1/v1.Secret.default.db /tmp/MERGED-2/v1.Secret.default.db'; "
      "yes -- '-  password: aHVudGVyMg==' | head -c ";
  for (const char* bytes : {"100", "100000"}) {  // whole, and without its middle
    Trial trial(tool(script + bytes, {.max_output_bytes = 2048}));
    const Outcome outcome = trial.call(R"({"command":"diff -f -","manifest":"kind: Secret"})");
    EXPECT_FALSE(outcome.is_error) << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr("[REDACTED]"));
    EXPECT_THAT(outcome.text, Not(HasSubstr("aHVudGVyMg")));
  }
}

TEST_F(Kubectl, WhatIsMissingIsSaid) {
  Trial no_program(make_kubectl_tool({.program = "no-kubectl-here"},
                                     local_kubeconfig(kubeconfig(), ""), directory_));
  EXPECT_EQ(no_program.call(R"({"command":"get pods"})").error_code(), "not_found");
  Trial no_config(make_kubectl_tool({.program = program("true")}, local_kubeconfig("/nowhere", ""),
                                    directory_));
  const Outcome outcome = no_config.call(R"({"command":"get pods"})");
  EXPECT_EQ(outcome.record.metadata->failure_stage, FailureStage::kKubeconfigAcquisition);
  EXPECT_THAT(outcome.text, HasSubstr("tools.kubectl.kubeconfig"));
  ASSERT_THAT(outcome.record.api_calls, SizeIs(1));
  EXPECT_EQ(outcome.record.api_calls[0].status, execlog::ApiStatus::kFailed);
}

TEST_F(Kubectl, Ac18AClusterThatWasNotUsedIsAWarning) {
  KubectlOptions options{.name = "ack_kubectl", .takes_cluster = true};
  Trial trial(tool("true", options));
  const Outcome outcome = trial.call(R"({"command":"get pods","cluster_id":"c123"})");
  EXPECT_THAT(outcome.record.tool_call_id, StartsWith("ack_kubectl_c123_"));
  EXPECT_EQ(outcome.record.api_calls.back().cluster_id, "c123");
  EXPECT_THAT(
      outcome.record.warnings,
      ElementsAre(
          "cluster_id 'c123' was not used: kubeconfigMode LOCAL always reaches api.example:6443"));
}

// Counts what it issues.
class FakeIssuer : public KubeconfigIssuer {
 public:
  Async<std::expected<std::string, ToolFailure>> credential_id(call::CallContext&) override {
    co_return credential;
  }
  Async<std::expected<IssuedKubeconfig, ToolFailure>> issue(call::CallContext&, std::string cluster,
                                                            bool) override {
    ++issued;
    co_return IssuedKubeconfig{execlog::Secret("server: https://" + cluster + ":6443\n" + more),
                               expires_at};
  }
  std::string credential = "LTAI****0001";
  std::string more;
  EpochMs expires_at = wall_clock_ms() + 3'600'000;
  int issued = 0;
};

TEST_F(Kubectl, Ac22AnIssuedKubeconfigIsKeptForItsOwnerOnly) {
  const auto issuer = std::make_shared<FakeIssuer>();
  KubectlOptions options{.name = "ack_kubectl", .takes_cluster = true};
  options.program = program("f=${1#--kubeconfig=}; stat -c '%a' $f; cat $f; echo $HOME");
  Trial trial(make_kubectl_tool(options, issued_kubeconfig(directory_, issuer, false), directory_));
  const auto call = [&](const std::string& cluster) {
    return trial.call(R"({"command":"get pods","cluster_id":")" + cluster + R"("})");
  };
  const Outcome first = call("c1");
  EXPECT_EQ(first.data()["stdout"].string(),
            "600\nserver: https://c1:6443\n" + directory_->path() + "\n");
  const auto& config = std::get<execlog::KubeconfigCall>(first.record.api_calls[0].details);
  EXPECT_EQ(config.source, "ack_api");
  EXPECT_EQ(config.mode, "ACK_PUBLIC");
  EXPECT_EQ(std::get<execlog::KubeconfigCall>(call("c1").record.api_calls[0].details).source,
            "cache");
  EXPECT_EQ(issuer->issued, 1);
  call("c2");
  EXPECT_EQ(issuer->issued, 2);
  trial.caller.principal = "somebody else";
  call("c1");
  EXPECT_EQ(issuer->issued, 3);
  issuer->credential = "LTAI****0002";
  call("c1");
  EXPECT_EQ(issuer->issued, 4);
  issuer->credential = "LTAI****0003";
  issuer->expires_at = wall_clock_ms() + 4 * 60'000;  // less than is left to be worth keeping
  call("c1");
  call("c1");
  EXPECT_EQ(issuer->issued, 6);
}

TEST_F(Kubectl, AnIssuedKubeconfigRunsNoPrograms) {
  const auto issuer = std::make_shared<FakeIssuer>();
  issuer->more = "users:\n- name: x\n  user:\n    exec:\n      command: /bin/sh\n";
  Trial trial(
      make_kubectl_tool({.name = "ack_kubectl", .takes_cluster = true, .program = program("true")},
                        issued_kubeconfig(directory_, issuer, false), directory_));
  const Outcome outcome = trial.call(R"({"command":"get pods","cluster_id":"c1"})");
  EXPECT_TRUE(outcome.is_error);
  EXPECT_THAT(outcome.text, HasSubstr("wants to run a program"));
}

TEST_F(Kubectl, FilesAreGoneWithTheirOwner) {
  std::string path;
  {
    const auto file = PrivateFile::write(directory_, "secret");
    ASSERT_TRUE(file);
    path = (*file)->path();
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    ASSERT_EQ(::stat(directory_->path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace larkspur::ops
