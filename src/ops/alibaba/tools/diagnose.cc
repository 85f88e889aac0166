// diagnose_resource: has Container Service look at a node, a pod, an ingress, ... and waits for its
// verdict.
#include <fmt/format.h>

#include <array>

#include "base/form.h"
#include "base/text.h"
#include "ops/alibaba/tools/tools.h"

namespace larkspur::ops::alibaba {

namespace {

// The members that a target of each type must have.
struct TargetType {
  std::string_view type;
  std::array<std::string_view, 4> members;
};
constexpr std::array kTargets = std::to_array<TargetType>({
    {"node", {"name"}},
    {"pod", {"namespace", "name"}},
    {"network", {"src", "dst", "dport", "protocol"}},
    {"ingress", {"url"}},
    {"memory", {"node"}},
    {"service", {"namespace", "name"}},
});

// The target as the service takes it: every member a string. The error says what lacks.
Result<std::string> checked_target(std::string_view type, std::string_view text) {
  const auto document = json::Document::parse(std::string(text));
  if (!document || !document->root().is_object()) {
    return fail(ErrorCode::kInvalidArgument,
                R"(resource_target must be a JSON object in a string, such as {"name":"node-1"})");
  }
  for (const TargetType& each : kTargets) {
    if (each.type != type) continue;
    for (const std::string_view member : each.members) {
      if (member.empty() || document->root()[member].exists()) continue;
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("resource_target of a {} needs the member '{}'", type, member));
    }
  }
  json::Writer out;
  out.begin_object();
  for (const auto& [key, value] : document->root().members()) {
    out.key(key).string(value.is_string() ? value.string() : value.raw());
  }
  return out.end_object().take();
}

constexpr std::array<std::string_view, 3> kStatus{"CREATED", "RUNNING", "COMPLETED"};
constexpr std::array<std::string_view, 2> kCode{"COMPLETED", "FAILED"};

// The service's small integers as words; "" for what is not there.
std::string_view word(std::span<const std::string_view> words, json::Value value) {
  const auto number = value.integer();
  if (!number || *number < 0 || *number >= static_cast<std::int64_t>(words.size())) return {};
  return words[static_cast<std::size_t>(*number)];
}

class Diagnose : public BuiltinTool {
 public:
  Diagnose(std::shared_ptr<Cloud> cloud, const ToolOptions& options)
      : cloud_(std::move(cloud)), options_(options) {
    spec_ = {
        .name = "diagnose_resource",
        .title = "Diagnose a resource",
        .description =
            "Runs Container Service's diagnosis of a node, pod, ingress, service, a "
            "network path or a node's memory, and waits for its result (minutes).",
        .parameters =
            {cluster_id_parameter(),
             {.name = "resource_type",
              .description = "What to diagnose.",
              .required = true,
              .choices = {"node", "ingress", "memory", "pod", "service", "network"}},
             {.name = "resource_target",
              .description =
                  R"(Which one, as JSON. node: {"name"}; pod and service: {"namespace","name"}; )"
                  R"(network: {"src","dst","dport","protocol"}; ingress: {"url"}; memory: {"node"}.)",
              .required = true}},
        .output = {{"result", R"({"type":["string","null"]})"},
                   {"status",
                    R"({"type":["string","null"],"enum":["CREATED","RUNNING","COMPLETED",null]})"},
                   {"code", R"({"type":["string","null"],"enum":["COMPLETED","FAILED",null]})"},
                   {"finished_time", R"({"type":["string","null"]})"},
                   {"resource_type", R"({"type":"string"})"},
                   {"resource_target", R"({"type":"string"})"},
                   {"diagnosis_id", R"({"type":"string"})"}},
        .annotations = {.read_only = false, .idempotent = false},
        .timeout = options.diagnosis_timeout + std::chrono::seconds(30),
        .scope_argument = "cluster_id"};
  }

  const ToolSpec& spec() const override { return spec_; }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    const std::string cluster_id(arguments.text("cluster_id"));
    if (!options_.allow_diagnostics) co_return diagnostics_denied(cluster_id);
    const auto target =
        checked_target(arguments.text("resource_type"), arguments.text("resource_target"));
    if (!target) {
      co_return ops::failed("InvalidTarget", FailureStage::kValidateInput, target.error().message);
    }
    const auto end = SteadyClock::now() + options_.diagnosis_timeout;

    OpenApiAsk ask = cluster_ask("CreateClusterDiagnosis", cluster_id, "/diagnosis");
    ask.method = "POST";
    ask.repeat = Repeat::kCarefully;
    json::Writer body;
    body.begin_object().key("type").string(arguments.text("resource_type"));
    ask.body = body.key("target").raw(*target).end_object().take();
    const auto created = co_await cloud_->call(context, std::move(ask));
    if (!created) {
      co_return failed(created.error(), FailureStage::kCreateDiagnosis,
                       {{"cluster_id", cluster_id}});
    }
    const std::string id(created->body.root()["diagnosis_id"].string());
    if (id.empty()) {
      co_return ops::failed("NoTaskId", FailureStage::kCreateDiagnosis,
                            "Container Service made a diagnosis but did not say its id");
    }
    co_return co_await wait_for(context, arguments, cluster_id, id, *target, end);
  }

 private:
  // Every poll is part of one entry in api_calls.
  Async<ToolReply> wait_for(call::CallContext& context, const Arguments& arguments,
                            std::string cluster_id, std::string id, std::string target,
                            SteadyClock::time_point end) {
    OpenApiAsk ask = cluster_ask("GetClusterDiagnosisResult", cluster_id);
    ask.path += "/diagnosis/" + percent_encode(id) + "/result";
    ask.path_template += "/diagnosis/{DiagnosisId}/result";
    const auto signer = co_await cloud_->credentials(context);
    if (!signer) co_return failed(signer.error(), FailureStage::kGetDiagnosisResult);
    OpenApiExchange exchange(context, cloud_->endpoints(), cloud_->clock(), std::move(ask));
    for (int polls = 1;; ++polls) {
      const auto reply = co_await exchange.send(*signer, call::Again::kPoll);
      if (!reply) {
        co_return failed(reply.error(), FailureStage::kGetDiagnosisResult,
                         {{"cluster_id", cluster_id}, {"diagnosis_id", id}});
      }
      const json::Value root = reply->body.root();
      const std::string_view status = word(kStatus, root["status"]);
      if (status == "COMPLETED") co_return verdict(root, arguments, id, target);
      tell_progress(context, polls, 0,
                    fmt::format("diagnosis {}: {}", id, status.empty() ? "waiting" : status));
      const bool in_time = SteadyClock::now() + options_.diagnosis_poll_interval < end &&
                           co_await exchange.pause(options_.diagnosis_poll_interval);
      if (!in_time) {
        ToolFailure late{.code = "DIAGNOSE_TIMEOUT",
                         .message = fmt::format("diagnosis {} was still {} when time was up", id,
                                                status.empty() ? "waiting" : status),
                         .stage = FailureStage::kPoll,
                         .kind = FailureKind::kTimeout,
                         .type = "timeout",
                         .facts = {{"cluster_id", cluster_id}, {"diagnosis_id", id}},
                         .structured = output_of(root, arguments, id, target)};
        co_return std::unexpected(std::move(late));
      }
    }
  }

  static ToolReply verdict(json::Value root, const Arguments& arguments, const std::string& id,
                           const std::string& target) {
    std::string structured = output_of(root, arguments, id, target);
    if (word(kCode, root["code"]) != "FAILED") return ToolOutput{.structured = structured};
    const std::string_view why = root["message"].string();
    ToolFailure failure{
        .code = "DIAGNOSE_TASK_FAILED",
        .message = fmt::format("diagnosis {} failed{}{}", id, why.empty() ? "" : ": ",
                               printable(truncate_utf8(why, 500))),
        .stage = FailureStage::kGetDiagnosisResult,
        .facts = {{"diagnosis_id", id}},
        .structured = std::move(structured)};
    return std::unexpected(std::move(failure));
  }

  static std::string output_of(json::Value root, const Arguments& arguments, const std::string& id,
                               const std::string& target) {
    const auto text = [](json::Writer& out, std::string_view key, std::string_view value) {
      out.key(key);
      value.empty() ? out.null() : out.string(value);
    };
    const json::Value result = root["result"];
    json::Writer out;
    out.begin_object();
    text(out, "result", result.is_object() ? result.raw() : result.string());
    text(out, "status", word(kStatus, root["status"]));
    text(out, "code", word(kCode, root["code"]));
    text(out, "finished_time", root["finished"].string());
    text(out, "resource_type", arguments.text("resource_type"));
    text(out, "resource_target", target);
    text(out, "diagnosis_id", id);
    return out.end_object().take();
  }

  std::shared_ptr<Cloud> cloud_;
  ToolOptions options_;
  ToolSpec spec_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_diagnose_resource(std::shared_ptr<Cloud> cloud,
                                                    const ToolOptions& options) {
  return std::make_unique<Diagnose>(std::move(cloud), options);
}

}  // namespace larkspur::ops::alibaba
