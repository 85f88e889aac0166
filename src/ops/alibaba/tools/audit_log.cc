// query_audit_log: who did what to a cluster, from the Kubernetes audit log in the Log Service.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "ops/alibaba/tools/log_search.h"
#include "ops/alibaba/tools/tools.h"

namespace larkspur::ops::alibaba {

namespace {

// kubectl's short names, and the plural that the audit log has.
constexpr std::array kShortNames = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"pod", "pods"},
    {"po", "pods"},
    {"deploy", "deployments"},
    {"deployment", "deployments"},
    {"svc", "services"},
    {"service", "services"},
    {"cm", "configmaps"},
    {"configmap", "configmaps"},
    {"sec", "secrets"},
    {"secret", "secrets"},
    {"ns", "namespaces"},
    {"namespace", "namespaces"},
    {"pv", "persistentvolumes"},
    {"pvc", "persistentvolumeclaims"},
    {"sa", "serviceaccounts"},
    {"serviceaccount", "serviceaccounts"},
    {"rs", "replicasets"},
    {"replicaset", "replicasets"},
    {"ds", "daemonsets"},
    {"daemonset", "daemonsets"},
    {"sts", "statefulsets"},
    {"statefulset", "statefulsets"},
    {"ing", "ingresses"},
    {"ingress", "ingresses"},
    {"no", "nodes"},
    {"node", "nodes"},
    {"job", "jobs"},
    {"cj", "cronjobs"},
    {"cronjob", "cronjobs"},
    {"hpa", "horizontalpodautoscalers"},
    {"role", "roles"},
    {"rolebinding", "rolebindings"},
    {"clusterrole", "clusterroles"},
    {"clusterrolebinding", "clusterrolebindings"},
    {"ev", "events"},
    {"event", "events"},
});

std::string resource_name(std::string_view given) {
  const std::string lower = to_lower(given);
  const auto found =
      std::ranges::find(kShortNames, lower, &decltype(kShortNames)::value_type::first);
  return found == kShortNames.end() ? lower : std::string(found->second);
}

// `(field: "a" or field: "b")`
Result<std::string> any_of(std::string_view field, const std::vector<std::string>& values) {
  std::string out = "(";
  for (const std::string& value : values) {
    const auto each = condition(field, value);
    if (!each) return each;
    out += (out.size() > 1 ? " or " : "") + *each;
  }
  return out + ")";
}

Result<std::string> query_of(const Arguments& arguments) {
  std::string query = "*";
  const auto add = [&](const Result<std::string>& part) -> Result<void> {
    if (!part) return fail(part.error());
    query += " and " + *part;
    return {};
  };
  const std::pair<const char*, const char*> kSingle[] = {{"user", "user.username"},
                                                         {"namespace", "objectRef.namespace"}};
  for (const auto& [argument, field] : kSingle) {
    if (!arguments.has(argument)) continue;
    if (auto ok = add(condition(field, arguments.text(argument))); !ok) return fail(ok.error());
  }
  if (const auto& verbs = arguments.strings("verbs"); !verbs.empty()) {
    if (auto ok = add(any_of("verb", verbs)); !ok) return fail(ok.error());
  }
  if (const auto& given = arguments.strings("resource_types"); !given.empty()) {
    std::vector<std::string> names;
    for (const std::string& each : given) names.push_back(resource_name(each));
    if (auto ok = add(any_of("objectRef.resource", names)); !ok) return fail(ok.error());
  }
  if (arguments.has("resource_name")) {
    auto ok = add(condition("objectRef.name", arguments.text("resource_name")));
    if (!ok) return fail(ok.error());
  }
  return query;
}

// A member that the log keeps as JSON in a string, as what it is.
void write_decoded(json::Writer& out, json::Value value) {
  if (!value.exists()) {
    out.null();
    return;
  }
  const std::string_view text = value.string();
  if (!text.empty() && (text[0] == '{' || text[0] == '[')) {
    if (const auto document = json::Document::parse(std::string(text))) {
      out.raw(document->root().raw());
      return;
    }
  }
  out.raw(value.raw());
}

void write_entry(json::Writer& out, json::Value row) {
  out.begin_object();
  for (const char* name : {"user", "objectRef", "responseStatus", "annotations", "sourceIPs",
                           "requestObject", "responseObject"}) {
    write_decoded(out.key(name), row[name]);
  }
  copy(out, "verb", row["verb"]);
  copy(out, "timestamp", row["requestReceivedTimestamp"]);
  for (const char* name : {"kind", "apiVersion", "auditID", "level", "requestURI", "userAgent",
                           "stage", "stageTimestamp"}) {
    copy(out, name, row[name]);
  }
  out.end_object();
}

class AuditLog : public BuiltinTool {
 public:
  explicit AuditLog(std::shared_ptr<Cloud> cloud) : cloud_(std::move(cloud)) {}

  const ToolSpec& spec() const override {
    static const ToolSpec kSpec{
        .name = "query_audit_log",
        .title = "Search the audit log",
        .description =
            "Who did what in an ACK cluster: its Kubernetes audit log by namespace, verb, "
            "resource, name, user and time. Newest first.",
        .parameters =
            {cluster_id_parameter(),
             {.name = "namespace", .description = "Only this namespace; a trailing * is a prefix."},
             {.name = "verbs",
              .type = ParameterType::kStrings,
              .description = "Only these verbs: get, list, create, update, patch, delete, ..."},
             {.name = "resource_types",
              .type = ParameterType::kStrings,
              .description = "Only these kinds; short names (pod, deploy, svc, ...) will do."},
             {.name = "resource_name",
              .description = "Only the object of this name; a trailing * is a prefix."},
             {.name = "user", .description = "Only what this user did; a trailing * is a prefix."},
             log_start_parameter(),
             log_end_parameter(),
             log_limit_parameter(),
             log_order_parameter()},
        .output = {{"provider_query",
                    R"({"type":"string","description":"What was searched for."})"},
                   {"entries", R"({"type":"array","items":{"type":"object"}})"},
                   {"total", R"({"type":"integer"})"},
                   {"params", R"({"type":"object"})"},
                   {"request_id", R"({"type":["string","null"]})"}},
        .scope_argument = "cluster_id"};
    return kSpec;
  }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    const auto range =
        parse_range(arguments.text("start_time"), arguments.text("end_time"), wall_clock_ms());
    if (!range) {
      co_return ops::failed("InvalidTime", FailureStage::kValidateInput, range.error().message);
    }
    const auto query = query_of(arguments);
    if (!query) {
      co_return ops::failed("InvalidArgument", FailureStage::kBuildQuery, query.error().message);
    }
    const std::string cluster_id(arguments.text("cluster_id"));
    const auto region = co_await cloud_->region_of(context, cluster_id);
    if (!region) {
      co_return failed(region.error(), FailureStage::kGetClusterRegion,
                       {{"cluster_id", cluster_id}});
    }
    const Facts facts{{"cluster_id", cluster_id}, {"region_id", *region}};
    OpenApiAsk ask = cluster_ask("GetClusterAuditProject", cluster_id, "/audit");
    ask.region = *region;
    const auto settings = co_await cloud_->call(context, std::move(ask));
    if (!settings) co_return failed(settings.error(), FailureStage::kSlsProjectLookup, facts);
    const json::Value root = settings->body.root();
    const std::string project(trim(root["sls_project_name"].string()));
    if (project.empty() || !root["audit_enabled"].boolean(true)) {
      co_return std::unexpected(ToolFailure{
          .code = "AUDIT_LOG_NOT_ENABLED",
          .message = "the audit log of this cluster is not enabled; turn it on in the ACK console",
          .stage = FailureStage::kSlsProjectLookup,
          .facts = facts});
    }
    LogQuery search{.project = project,
                    .logstore = "audit-" + cluster_id,
                    .region = *region,
                    .from = range->start / 1'000,
                    .to = (range->end + 999) / 1'000,
                    .query = *query,
                    .limit = arguments.integer("limit"),
                    .newest_first = arguments.text("order") == "newest",
                    .cluster_id = cluster_id};
    const auto logs = co_await cloud_->get_logs(context, std::move(search));
    if (!logs) co_return failed(logs.error(), FailureStage::kSlsQuery, facts);
    co_return render(*logs, *query, *range, arguments);
  }

 private:
  static ToolOutput render(const LogAnswer& logs, const std::string& query, const TimeRange& range,
                           const Arguments& arguments) {
    const LogEntries entries = entries_of(logs, write_entry);
    json::Writer out;
    out.begin_object().key("provider_query").string(query);
    out.key("entries").raw(entries.json).key("total").integer(entries.count);
    out.key("params").begin_object();
    for (const char* name : {"cluster_id", "namespace", "resource_name", "user", "order"}) {
      if (arguments.has(name)) out.key(name).string(arguments.text(name));
    }
    for (const char* name : {"verbs", "resource_types"}) {
      if (arguments.strings(name).empty()) continue;
      out.key(name).begin_array();
      for (const std::string& each : arguments.strings(name)) out.string(each);
      out.end_array();
    }
    out.key("start_time").string(to_iso8601(range.start));
    out.key("end_time").string(to_iso8601(range.end));
    out.key("limit").integer(arguments.integer("limit")).end_object();
    out.key("request_id").string(logs.request_id).end_object();
    return {.structured = out.take(), .lacks = entries.lacks, .truncated = !entries.lacks.empty()};
  }

  std::shared_ptr<Cloud> cloud_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_query_audit_log(std::shared_ptr<Cloud> cloud) {
  return std::make_unique<AuditLog>(std::move(cloud));
}

}  // namespace larkspur::ops::alibaba
