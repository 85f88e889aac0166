#include "ops/kubernetes/kubectl_tool.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"
#include "execlog/redaction/redaction.h"
#include "json/writer.h"
#include "ops/kubernetes/places.h"
#include "ops/kubernetes/secret_mask.h"

namespace larkspur::ops {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxManifestBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxStderrBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxErrorShown = 2048;
constexpr auto kMargin = 1s;  // to answer in, when the deadline of the call ends the command

std::string_view class_name(VerbClass verb_class) {
  return verb_class == VerbClass::kRead ? "read" : "write";
}

Parameters parameters(const KubectlOptions& options) {
  Parameters table = {
      {.name = "command",
       .description =
           "The arguments of kubectl, such as: get pods -n default -o wide. Quotes work as in a "
           "shell; pipes, redirections and variables do not exist.",
       .required = true,
       .max_bytes = 16 * 1024},
      {.name = "manifest",
       .description = "What '-f -' reads: YAML or JSON.",
       .max_bytes = kMaxManifestBytes},
      {.name = "timeout_seconds",
       .type = ParameterType::kInteger,
       .description = "How long to collect the output of a command that does not end by itself "
                      "(logs -f, get -w).",
       .min = 1,
       .max = std::max<std::int64_t>(
           1, std::chrono::duration_cast<std::chrono::seconds>(options.timeout).count())}};
  if (options.takes_cluster) {
    table.insert(table.begin() + 1, {.name = "cluster_id",
                                     .description = "The id of the ACK cluster, such as c0123...",
                                     .required = true,
                                     .pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"});
  }
  return table;
}

std::string description(const KubectlOptions& options) {
  std::string text =
      "Runs one kubectl command and returns its output. Give what comes after 'kubectl'. ";
  text += options.rules.allow_write ? "Reading and changing are allowed. "
                                    : "Reading only: get, describe, logs, top, events, explain, "
                                      "wait, rollout status, auth can-i and "
                                      "the like. ";
  text +=
      "Commands that stream (logs -f, get -w) return what came within timeout_seconds. Cluster and "
      "identity are "
      "settled: no --context, --kubeconfig, --server, --token, --as. Nothing interactive (exec "
      "-it, edit, "
      "port-forward) and no files but the argument 'manifest' behind '-f -'. ";
  if (!options.rules.allow_sensitive) text += "Values of Secrets are not shown. ";
  text += "Narrow what you ask for (-n, -l, --tail, -o name): long output loses its middle.";
  return text;
}

ToolSpec make_spec(const KubectlOptions& options) {
  const bool writes = options.rules.allow_write;
  return {
      .name = options.name,
      .title = "kubectl",
      .description = description(options),
      .parameters = parameters(options),
      .output = {{"command", R"({"type":"string","description":"What was asked for."})"},
                 {"stdout", R"({"type":"string"})"},
                 {"stderr", R"({"type":"string"})"},
                 {"exit_code",
                  R"({"type":"integer","description":"124: ended by the time limit."})"},
                 {"truncated",
                  R"({"type":"boolean","description":"The middle of the output is left out."})"},
                 {"timed_out", R"({"type":"boolean","description":"The time limit ended it."})"}},
      .annotations = {.read_only = !writes, .destructive = writes, .idempotent = !writes},
      .timeout = options.timeout + 10s,
      .scope_argument = options.takes_cluster ? "cluster_id" : ""};
}

std::unexpected<ToolFailure> refused(const Refusal& refusal, std::string_view command,
                                     bool allow_write) {
  ToolFailure failure{.code = std::string(error_code(refusal.reason)),
                      .message = refusal.message,
                      .stage = FailureStage::kPolicyCheck,
                      .kind = FailureKind::kDenied,
                      .type = std::string(error_code(refusal.reason))};
  failure.facts = {{"policy", std::string(policy_id(refusal.reason))},
                   {"command", execlog::redacted(truncate_utf8(command, 512))},
                   {"allow_write", allow_write}};
  return std::unexpected(std::move(failure));
}

struct Finished {
  std::string command;
  call::ProcessEnd end;
  int exit_code = 0;
};

std::string structured(const Finished& finished) {
  json::Writer writer;
  writer.begin_object().key("command").string(finished.command);
  writer.key("stdout").string(finished.end.out.text).key("stderr").string(finished.end.err.text);
  writer.key("exit_code").integer(finished.exit_code);
  writer.key("truncated").boolean(finished.end.out.truncated || finished.end.err.truncated);
  writer.key("timed_out").boolean(finished.end.timed_out).end_object();
  return writer.take();
}

// "Error from server (NotFound): pods "x" not found": the reason that the API server gave.
std::string server_reason(std::string_view text) {
  static const RE2 kReason(R"(Error from server \(([A-Za-z]{1,64})\))");
  std::string reason;
  return RE2::PartialMatch(text, kReason, &reason) ? reason : "";
}

ToolFailure failure_of(const Finished& finished) {
  ToolFailure failure{.stage = FailureStage::kKubectlExecution, .structured = structured(finished)};
  failure.facts = {{"exit_code", std::int64_t{finished.exit_code}}};
  if (finished.end.timed_out) {
    failure.code = "KubectlTimeout";
    failure.kind = FailureKind::kTimeout;
    failure.message = "the time limit ended kubectl; what it printed until then is in stdout";
    return failure;
  }
  const std::string reason = server_reason(finished.end.err.text);
  failure.code = reason.empty() ? "KubectlFailed" : reason;
  const std::string_view said = trim(truncate_utf8(finished.end.err.text, kMaxErrorShown));
  failure.message = fmt::format("kubectl ended with exit code {}{}{}", finished.exit_code,
                                said.empty() ? "" : ": ", said);
  if (reason == "Forbidden") {
    failure.facts.emplace_back(
        "hint", "the cluster's RBAC does not allow this; 'auth can-i --list' shows what it does");
  }
  return failure;
}

// The record says where it was looked for; the caller need not know.
Error not_started(const Error& error) {
  if (error.code != ErrorCode::kNotFound) return error;
  return {ErrorCode::kNotFound,
          "there is no kubectl where Larkspur runs; its operator should install it (Debian: "
          "kubernetes-client), or set tools.kubectl.command"};
}

class KubectlTool : public BuiltinTool {
 public:
  KubectlTool(KubectlOptions options, std::unique_ptr<KubeconfigSource> source,
              std::shared_ptr<PrivateDirectory> directory)
      : options_(std::move(options)),
        spec_(make_spec(options_)),
        source_(std::move(source)),
        directory_(std::move(directory)),
        places_(options_.max_concurrent, options_.max_concurrent_per_cluster) {}

  const ToolSpec& spec() const override { return spec_; }
  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override;

 private:
  Async<ToolReply> execute(call::CallContext& context, const Arguments& arguments,
                           const Command& command, const Kubeconfig& kubeconfig);
  call::ProcessAsk process(const Command& command, const Kubeconfig& kubeconfig,
                           std::string_view manifest) const;
  SteadyClock::time_point deadline(const call::CallContext& context,
                                   const Arguments& arguments) const;
  void mask(const Command& command, call::ProcessEnd& end) const;
  std::shared_ptr<const KubectlVersion> installed() const {
    return options_.installed ? options_.installed->version() : nullptr;
  }

  KubectlOptions options_;
  ToolSpec spec_;
  std::unique_ptr<KubeconfigSource> source_;
  std::shared_ptr<PrivateDirectory> directory_;
  Places places_;
};

Async<ToolReply> KubectlTool::run(call::CallContext& context, const Arguments& arguments) {
  const std::string_view text = arguments.text("command");
  const auto command = admit_command(text, options_.rules, arguments.has("manifest"));
  if (!command) co_return refused(command.error(), text, options_.rules.allow_write);
  const auto version = installed();
  if (const std::string why = version ? too_old(*version, *command) : ""; !why.empty()) {
    co_return failed("KubectlTooOld", FailureStage::kKubectlExecution, why);
  }
  const std::string cluster_id(arguments.text("cluster_id"));
  auto kubeconfig = co_await source_->acquire(context, cluster_id);
  if (!kubeconfig) co_return std::unexpected(std::move(kubeconfig.error()));
  Place place(places_, cluster_id);
  if (!co_await place.take(deadline(context, arguments))) {
    co_return failed("TooManyCommands", FailureStage::kKubectlExecution,
                     "as many kubectl commands as may were running the whole time; try again, or "
                     "raise tools.kubectl.maxConcurrent or maxConcurrentPerCluster");
  }
  co_return co_await execute(context, arguments, *command, *kubeconfig);
}

SteadyClock::time_point KubectlTool::deadline(const call::CallContext& context,
                                              const Arguments& arguments) const {
  const auto now = SteadyClock::now();
  const std::chrono::milliseconds wanted = std::min<std::chrono::milliseconds>(
      options_.timeout, std::chrono::seconds(arguments.integer("timeout_seconds", 86'400)));
  const bool room = context.deadline - now > 2 * kMargin;
  return std::min(now + wanted, room ? context.deadline - kMargin : context.deadline);
}

call::ProcessAsk KubectlTool::process(const Command& command, const Kubeconfig& kubeconfig,
                                      std::string_view manifest) const {
  call::ProcessAsk ask;
  // Old versions know the directory of the cache as a flag only.
  ask.argv = {options_.program, "--kubeconfig=" + kubeconfig.path,
              "--cache-dir=" + directory_->path() + "/cache"};
  if (!kubeconfig.context.empty()) ask.argv.push_back("--context=" + kubeconfig.context);
  std::ranges::move(command.canonical(), std::back_inserter(ask.argv));
  ask.env = {{"KUBERC", "off"}};
  if (kubeconfig.own_home) {
    ask.env["HOME"] = directory_->path();
    ask.env["PATH"] = "/usr/local/bin:/usr/bin:/bin";
  }
  ask.input = manifest;
  ask.max_stdout_bytes = options_.max_output_bytes;
  ask.max_stderr_bytes = kMaxStderrBytes;
  return ask;
}

// A manifest may hold Secrets, and a form that shows fields prints them. Of a text that lacks its
// middle, the end cannot be told to be harmless.
void KubectlTool::mask(const Command& command, call::ProcessEnd& end) const {
  if (options_.rules.allow_sensitive) return;
  if (command.verb == "describe") end.out.text = mask_described(std::move(end.out.text));
  const bool diff = command.verb == "diff";
  if (!diff && !shows_fields(command) && command.flag("raw") == nullptr) return;
  if (end.out.truncated && command.flag("filename") != nullptr) {
    end.out.text.resize(std::min(end.out.text.find("\n[... "), end.out.text.size()));
  }
  end.out.text = diff ? mask_diff(end.out.text) : mask_secrets(std::move(end.out.text));
}

Async<ToolReply> KubectlTool::execute(call::CallContext& context, const Arguments& arguments,
                                      const Command& command, const Kubeconfig& kubeconfig) {
  std::vector<std::string> shown = command.canonical();
  shown.insert(shown.begin(), "kubectl");
  const GivenFlag* in_namespace = command.flag("namespace");
  const auto until = deadline(context, arguments);
  call::ApiCall entry{.api = "KubectlCommand",
                      .details = call::KubectlCall{
                          .command = execlog::redacted_command(shown),
                          .type = command.streams() ? "streaming" : "normal",
                          .verb = command.verb,
                          .verb_class = std::string(class_name(command.verb_class)),
                          .kube_namespace = in_namespace == nullptr ? "" : in_namespace->value,
                          .timeout_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                            until - SteadyClock::now())
                                            .count()}};
  entry.cluster_id = arguments.text("cluster_id");
  if (const auto version = installed())
    std::get<call::KubectlCall>(entry.details).kubectl_version = version->text;

  call::ProcessRun run(context, std::move(entry));
  call::ProcessAsk ask = process(command, kubeconfig, arguments.text("manifest"));
  ask.deadline = until;
  if (command.streams()) {
    ask.on_output = [&context](std::uint64_t bytes) {
      tell_progress(context, static_cast<double>(bytes), 0, fmt::format("{} bytes so far", bytes));
    };
  }
  auto end = co_await run.run(std::move(ask));
  if (!end) co_return failed(not_started(end.error()), FailureStage::kKubectlExecution);
  kubeconfig.scrubber.scrub(end->out.text);
  kubeconfig.scrubber.scrub(end->err.text);
  mask(command, *end);

  Finished finished{std::string(arguments.text("command")), std::move(*end)};
  finished.exit_code = static_cast<int>(*run.details<call::KubectlCall>().exit_code);
  const bool collected = finished.end.timed_out && command.streams();
  // An exit code of 1 is also that of a mistake in its flags, with nothing on stdout.
  const bool differs =
      command.verb == "diff" && finished.exit_code == 1 && finished.end.out.bytes > 0;
  if (differs) run.succeed();
  if (finished.exit_code != 0 && !collected && !differs) {
    ToolFailure failure = failure_of(finished);
    if (!finished.end.timed_out)
      run.fail(failure.code, trim(truncate_utf8(finished.end.err.text, 512)));
    co_return std::unexpected(std::move(failure));
  }
  ToolOutput output{.structured = structured(finished), .warnings = kubeconfig.warnings};
  if (finished.end.out.truncated) {
    output.lacks =
        fmt::format("stdout has {} bytes, of which the middle is left out", finished.end.out.bytes);
  }
  co_return output;
}

}  // namespace

std::unique_ptr<BuiltinTool> make_kubectl_tool(KubectlOptions options,
                                               std::unique_ptr<KubeconfigSource> source,
                                               std::shared_ptr<PrivateDirectory> directory) {
  return std::make_unique<KubectlTool>(std::move(options), std::move(source), std::move(directory));
}

}  // namespace larkspur::ops
