// query_controlplane_logs: what a cluster's API server, scheduler and controllers wrote.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "ops/alibaba/tools/log_search.h"
#include "ops/alibaba/tools/tools.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::string_view kEntrySchema =
    R"({"type":"array","items":{"type":"object","properties":{)"
    R"("timestamp":{"type":["string","null"]},"level":{"type":["string","null"]},)"
    R"("component":{"type":"string"},"message":{"type":["string","null"]},)"
    R"("source":{"type":["string","null"]},"raw_log":{"type":"string"}}}})";

// Components may come as a list, as JSON in a string, or as that in a list.
void collect(json::Value value, std::vector<std::string>& into, int depth = 0) {
  for (const json::Value each : value.elements()) collect(each, into, depth + 1);
  if (!value.is_string()) return;
  const std::string text(trim(value.string()));
  if (depth < 4 && text.starts_with('[')) {
    if (const auto inner = json::Document::parse(text)) {
      collect(inner->root(), into, depth + 1);
      return;
    }
  }
  if (!text.empty()) into.push_back(text);
}

// "W1120 07:36:29.123456 ..." is klog's way to say a warning.
std::string_view klog_level(std::string_view message) {
  if (message.size() < 5 || message.find_first_not_of("0123456789", 1) < 5) return {};
  switch (message[0]) {
    case 'I':
      return "INFO";
    case 'W':
      return "WARN";
    case 'E':
      return "ERROR";
    case 'F':
      return "FATAL";
    default:
      return {};
  }
}

class ControlplaneLogs : public BuiltinTool {
 public:
  explicit ControlplaneLogs(std::shared_ptr<Cloud> cloud) : cloud_(std::move(cloud)) {}

  const ToolSpec& spec() const override {
    static const ToolSpec kSpec{
        .name = "query_controlplane_logs",
        .title = "Search the control plane's logs",
        .description =
            "Logs of an ACK cluster's control plane: apiserver, kcm (controller manager), "
            "scheduler, ccm (cloud controller manager). Newest first.",
        .parameters =
            {cluster_id_parameter(),
             {.name = "component_name",
              .description = "apiserver, kcm, scheduler, ccm, or another whose logs are collected.",
              .required = true,
              .pattern = "[a-z0-9-]{1,40}"},
             {.name = "filter_pattern",
              .description =
                  "A search in the Log Service's language; everything where none is given."},
             log_start_parameter(),
             log_end_parameter(),
             log_limit_parameter(),
             log_order_parameter()},
        .output = {{"query", R"({"type":"string"})"},
                   {"entries", std::string(kEntrySchema)},
                   {"total", R"({"type":"integer"})"}},
        .scope_argument = "cluster_id"};
    return kSpec;
  }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    const auto range =
        parse_range(arguments.text("start_time"), arguments.text("end_time"), wall_clock_ms());
    if (!range) {
      co_return ops::failed("InvalidTime", FailureStage::kValidateInput, range.error().message);
    }
    const std::string cluster_id(arguments.text("cluster_id"));
    const auto region = co_await cloud_->region_of(context, cluster_id);
    if (!region) {
      co_return failed(region.error(), FailureStage::kGetClusterRegion,
                       {{"cluster_id", cluster_id}});
    }
    const Facts facts{{"cluster_id", cluster_id}, {"region_id", *region}};
    OpenApiAsk ask = cluster_ask("CheckControlPlaneLogEnable", cluster_id, "/controlplanelog");
    ask.region = *region;
    const auto settings = co_await cloud_->call(context, std::move(ask));
    if (!settings) {
      co_return failed(settings.error(), FailureStage::kGetControlplaneLogConfig, facts);
    }
    const json::Value root = settings->body.root();
    const std::string project(trim(root["log_project"].string()));
    const std::string component(arguments.text("component_name"));
    if (auto problem = check(project, component, root["components"], facts)) {
      co_return std::unexpected(std::move(*problem));
    }
    const std::string query =
        arguments.has("filter_pattern") ? std::string(arguments.text("filter_pattern")) : "*";
    LogQuery search{.project = project,
                    .logstore = component + "-" + cluster_id,
                    .region = *region,
                    .from = range->start / 1'000,
                    .to = (range->end + 999) / 1'000,
                    .query = query,
                    .limit = arguments.integer("limit"),
                    .newest_first = arguments.text("order") == "newest",
                    .cluster_id = cluster_id};
    const auto logs = co_await cloud_->get_logs(context, std::move(search));
    if (!logs) co_return failed(logs.error(), FailureStage::kSlsQuery, facts);
    co_return render(*logs, query, component);
  }

 private:
  static std::optional<ToolFailure> check(const std::string& project, const std::string& component,
                                          json::Value listed, const Facts& facts) {
    std::vector<std::string> components;
    collect(listed, components);
    if (project.empty() || components.empty()) {
      return ToolFailure{.code = "CONTROLPLANE_LOG_NOT_ENABLED",
                         .message =
                             "this cluster's control plane logs are not collected; turn them "
                             "on in the ACK console",
                         .stage = FailureStage::kGetControlplaneLogConfig,
                         .facts = facts};
    }
    if (std::ranges::find(components, component) != components.end()) return std::nullopt;
    std::string names;
    for (const std::string& each : components) {
      names += (names.empty() ? "" : ", ") + printable(truncate_utf8(each, 40));
    }
    return ToolFailure{
        .code = "INVALID_COMPONENT",
        .message = fmt::format("the logs of '{}' are not collected; this cluster has "
                               "those of {}",
                               component, names),
        .stage = FailureStage::kGetControlplaneLogConfig,
        .facts = facts};
  }

  static ToolOutput render(const LogAnswer& logs, const std::string& query,
                           const std::string& component) {
    const LogEntries entries = entries_of(logs, [&](json::Writer& out, json::Value row) {
      const json::Value message = first_of(row, {"message", "content", "log"});
      const json::Value level = first_of(row, {"level", "severity"});
      const std::string_view guessed = klog_level(message.string());
      out.begin_object();
      write_row_time(out.key("timestamp"), row);
      out.key("level");
      if (level.exists()) {
        out.raw(level.raw());
      } else if (!guessed.empty()) {
        out.string(guessed);
      } else {
        out.null();
      }
      out.key("component").string(component);
      copy(out, "message", message);
      copy(out, "source", first_of(row, {"__source__", "source"}));
      out.key("raw_log").string(row.raw()).end_object();
    });
    json::Writer out;
    out.begin_object().key("query").string(query).key("entries").raw(entries.json);
    out.key("total").integer(entries.count).end_object();
    return {.structured = out.take(), .lacks = entries.lacks, .truncated = !entries.lacks.empty()};
  }

  std::shared_ptr<Cloud> cloud_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_query_controlplane_logs(std::shared_ptr<Cloud> cloud) {
  return std::make_unique<ControlplaneLogs>(std::move(cloud));
}

}  // namespace larkspur::ops::alibaba
