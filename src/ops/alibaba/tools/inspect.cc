// query_inspect_report: has Container Service inspect a cluster and waits for the report.
#include <fmt/format.h>

#include <array>

#include "base/form.h"
#include "base/random.h"
#include "base/text.h"
#include "ops/alibaba/tools/tools.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr int kMaxPages = 20;

constexpr std::string_view kItemSchema =
    R"({"type":"array","items":{"type":"object","properties":{)"
    R"("category":{"type":["string","null"]},"name":{"type":["string","null"]},)"
    R"("targetType":{"type":["string","null"]},"targets":{"type":"array"},)"
    R"("description":{"type":["string","null"]},"fix":{"type":["string","null"]},)"
    R"("checkItemUid":{"type":["string","null"]},"level":{"type":["string","null"]}}}})";

constexpr std::string_view kSummarySchema =
    R"({"type":"object","properties":{"errorCount":{"type":["integer","null"]},)"
    R"("warnCount":{"type":["integer","null"]},"normalCount":{"type":["integer","null"]},)"
    R"("adviceCount":{"type":["integer","null"]}}})";

enum class ReportState : unsigned char { kRunning, kDone, kFailed };

ReportState state_of(std::string_view status) {
  const std::string lower = to_lower(status);
  for (const std::string_view done : {"completed", "success", "succeeded", "finished"}) {
    if (lower == done) return ReportState::kDone;
  }
  for (const std::string_view failed : {"failed", "fail", "canceled", "cancelled"}) {
    if (lower == failed) return ReportState::kFailed;
  }
  return ReportState::kRunning;
}

void write_item(json::Writer& out, json::Value item) {
  out.begin_object();
  copy(out, "category", item["category"]);
  copy(out, "name", item["name"]);
  copy(out, "targetType", item["targetType"]);
  copy_list(out, "targets", item["targets"]);
  copy(out, "description", item["description"]);
  copy(out, "fix", item["fix"]);
  copy(out, "checkItemUid", item["checkItemUid"]);
  copy(out, "level", item["level"]);
  out.end_object();
}

class Inspect : public BuiltinTool {
 public:
  Inspect(std::shared_ptr<Cloud> cloud, const ToolOptions& options)
      : cloud_(std::move(cloud)), options_(options) {
    spec_ = {.name = "query_inspect_report",
             .title = "Inspect a cluster",
             .description =
                 "Runs Container Service's inspection of an ACK cluster, waits for it "
                 "(minutes), and gives the report: counts and what to do about each find.",
             .parameters = {cluster_id_parameter(),
                            {.name = "region_id",
                             .description = "The cluster's region, such as cn-hangzhou.",
                             .required = true,
                             .pattern = "[a-z0-9-]{3,63}"},
                            {.name = "is_result_exception",
                             .type = ParameterType::kBoolean,
                             .description = "Only what is wrong; false for every check.",
                             .fallback = "true"}},
             .output = {{"report_status", R"({"type":["string","null"]})"},
                        {"report_finish_time", R"({"type":["string","null"]})"},
                        {"summary", std::string(kSummarySchema)},
                        {"checkItemResults", std::string(kItemSchema)}},
             .annotations = {.read_only = false, .idempotent = false},
             .timeout = options.inspection_timeout + std::chrono::seconds(30),
             .scope_argument = "cluster_id"};
  }

  const ToolSpec& spec() const override { return spec_; }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    const std::string cluster_id(arguments.text("cluster_id"));
    const std::string region(arguments.text("region_id"));
    if (!options_.allow_diagnostics) co_return diagnostics_denied(cluster_id);
    const auto end = SteadyClock::now() + options_.inspection_timeout;

    OpenApiAsk ask = cluster_ask("RunClusterInspect", cluster_id, "/inspectReports");
    ask.region = region;
    ask.method = "POST";
    // The token makes it safe to repeat: the service runs one inspection for all of them.
    json::Writer body;
    ask.body = body.begin_object().key("clientToken").string(random_hex(16)).end_object().take();
    const auto created = co_await cloud_->call(context, std::move(ask));
    if (!created) {
      co_return failed(created.error(), FailureStage::kCreateInspect,
                       {{"cluster_id", cluster_id}, {"region_id", region}});
    }
    const std::string id(created->body.root()["reportId"].string());
    if (id.empty()) {
      co_return ops::failed(
          "NO_REPORT_ID", FailureStage::kCreateInspect,
          "Container Service began an inspection but did not say its report's id");
    }
    co_return co_await wait_for(context, arguments, id, end);
  }

 private:
  OpenApiAsk report_ask(const Arguments& arguments, const std::string& id) const {
    OpenApiAsk ask = cluster_ask("GetClusterInspectReportDetail", arguments.text("cluster_id"));
    ask.path += "/inspectReports/" + percent_encode(id);
    ask.path_template += "/inspectReports/{ReportId}";
    ask.region = arguments.text("region_id");
    ask.query = {{"enableFilter", arguments.flag("is_result_exception") ? "true" : "false"}};
    return ask;
  }

  Facts facts(const Arguments& arguments, const std::string& id) const {
    return {{"cluster_id", std::string(arguments.text("cluster_id"))},
            {"region_id", std::string(arguments.text("region_id"))},
            {"report_id", id}};
  }

  // Every poll is part of one entry in api_calls.
  Async<ToolReply> wait_for(call::CallContext& context, const Arguments& arguments, std::string id,
                            SteadyClock::time_point end) {
    const auto signer = co_await cloud_->credentials(context);
    if (!signer) co_return failed(signer.error(), FailureStage::kGetReportDetail);
    OpenApiExchange exchange(context, cloud_->endpoints(), cloud_->clock(),
                             report_ask(arguments, id));
    for (int polls = 1;; ++polls) {
      const auto reply = co_await exchange.send(*signer, call::Again::kPoll);
      if (!reply) {
        co_return failed(reply.error(), FailureStage::kGetReportDetail, facts(arguments, id));
      }
      const json::Value root = reply->body.root();
      const std::string status(root["status"].string());
      const ReportState state = state_of(status);
      if (state == ReportState::kDone) co_return co_await render(context, arguments, id, root);
      if (state == ReportState::kFailed) {
        co_return std::unexpected(
            ToolFailure{.code = "INSPECT_FAILED",
                        .message = fmt::format("inspection {} ended as '{}'", id,
                                               printable(truncate_utf8(status, 64))),
                        .stage = FailureStage::kGetReportDetail,
                        .facts = facts(arguments, id)});
      }
      tell_progress(context, polls, 0, fmt::format("inspection {}: {}", id, printable(status)));
      const bool in_time = SteadyClock::now() + options_.inspection_poll_interval < end &&
                           co_await exchange.pause(options_.inspection_poll_interval);
      if (!in_time) {
        co_return std::unexpected(ToolFailure{
            .code = "INSPECT_TIMEOUT",
            .message = fmt::format("inspection {} was not done when time was up; the same call "
                                   "later starts another one",
                                   id),
            .stage = FailureStage::kPoll,
            .kind = FailureKind::kTimeout,
            .type = "timeout",
            .facts = facts(arguments, id)});
      }
    }
  }

  Async<ToolReply> render(call::CallContext& context, const Arguments& arguments, std::string id,
                          json::Value first) {
    json::Writer out;
    out.begin_object();
    copy(out, "report_status", first["status"]);
    copy(out, "report_finish_time", first_of(first, {"endTime", "end_time"}));
    const json::Value summary = first["summary"];
    out.key("summary").begin_object();
    for (const char* name : {"errorCount", "warnCount", "normalCount", "adviceCount"}) {
      copy(out, name, summary[name]);
    }
    out.end_object().key("checkItemResults").begin_array();
    for (const json::Value item : first["checkItemResults"].elements()) write_item(out, item);

    ToolOutput output;
    std::string next(first["nextToken"].string());
    for (int page = 2; !next.empty(); ++page) {
      if (page > kMaxPages) {
        output.lacks = fmt::format("the report has more than {} pages", kMaxPages);
        break;
      }
      OpenApiAsk ask = report_ask(arguments, id);
      ask.query.emplace_back("nextToken", next);
      const auto reply = co_await cloud_->call(context, std::move(ask));
      if (!reply && reply.error().kind == ErrorClass::kCancelled) {
        co_return failed(reply.error(), FailureStage::kGetReportDetail, facts(arguments, id));
      }
      if (!reply) {
        output.lacks = "further pages of the report could not be read: " + reply.error().describe();
        break;
      }
      for (const json::Value item : reply->body.root()["checkItemResults"].elements()) {
        write_item(out, item);
      }
      next = reply->body.root()["nextToken"].string();
    }
    output.structured = out.end_array().end_object().take();
    co_return output;
  }

  std::shared_ptr<Cloud> cloud_;
  ToolOptions options_;
  ToolSpec spec_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_query_inspect_report(std::shared_ptr<Cloud> cloud,
                                                       const ToolOptions& options) {
  return std::make_unique<Inspect>(std::move(cloud), options);
}

}  // namespace larkspur::ops::alibaba
