// list_cluster_tasks: what was done to a cluster, newest first.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "ops/alibaba/tools/tools.h"
#include "ops/time_range.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::int64_t kLargestPage = 100;
// The service filters by state, type and target only; for the rest so many pages are read.
constexpr std::int64_t kMaxPages = 20;

constexpr std::string_view kTaskSchema =
    R"({"type":"array","items":{"type":"object","properties":{)"
    R"("task_id":{"type":["string","null"]},"state":{"type":["string","null"]},)"
    R"("created":{"type":["string","null"]},"updated":{"type":["string","null"]},)"
    R"("task_type":{"type":["string","null"]},"cluster_id":{"type":["string","null"]},)"
    R"("error_code":{"type":["string","null"]},"error_message":{"type":["string","null"]},)"
    R"("target":{"type":["object","null"]},"parameters":{"type":["object","null"]},)"
    R"("stages":{"type":["array","null"]}}}})";

// Whether one of the value's strings, at any depth, is one of `wanted`. A Document's depth is
// bounded, so the recursion is.
bool mentions(json::Value value, const std::vector<std::string>& wanted) {
  if (value.is_string()) return std::ranges::find(wanted, value.string()) != wanted.end();
  for (const json::Value each : value.elements()) {
    if (mentions(each, wanted)) return true;
  }
  for (const auto& [key, each] : value.members()) {
    if (mentions(each, wanted)) return true;
  }
  return false;
}

// What the service cannot filter by.
struct TaskFilter {
  std::vector<std::string> instance;  // the instance's id and its node's name; empty: any
  std::optional<EpochMs> from, to;

  bool is_empty() const { return instance.empty() && !from && !to; }
  bool admits(json::Value task) const {
    if (!instance.empty() && !mentions(task, instance)) return false;
    if (!from && !to) return true;
    const auto created = parse_moment(task["created"].string(), 0);
    return created && (!from || *created >= *from) && (!to || *created < *to);
  }
};

struct Task {
  std::string id, created, json;
};

Task rendered(json::Value task) {
  json::Writer out;
  out.begin_object();
  copy(out, "task_id", task["task_id"]);
  copy(out, "state", task["state"]);
  copy(out, "created", task["created"]);
  copy(out, "updated", first_of(task, {"updated", "modified"}));
  copy(out, "task_type", task["task_type"]);
  copy(out, "cluster_id", task["cluster_id"]);
  copy(out, "error_code", task["error"]["code"]);
  copy(out, "error_message", task["error"]["message"]);
  copy(out, "target", task["target"]);
  copy(out, "parameters", task["parameters"]);
  copy(out, "stages", first_of(task, {"stages", "task_result"}));
  out.end_object();
  return {std::string(task["task_id"].string()), std::string(task["created"].string()), out.take()};
}

class ListTasks : public BuiltinTool {
 public:
  explicit ListTasks(std::shared_ptr<Cloud> cloud) : cloud_(std::move(cloud)) {}

  const ToolSpec& spec() const override {
    static const ToolSpec kSpec{
        .name = "list_cluster_tasks",
        .title = "List cluster tasks",
        .description =
            "Tasks that ran on an ACK cluster (scaling, upgrades, node changes): state, "
            "times, errors, stages. Filter by state, type, node pool, instance or time.",
        .parameters =
            {cluster_id_parameter(),
             nodepool_id_parameter(),
             {.name = "instance_id", .description = "Only tasks that touched this ECS instance."},
             {.name = "state",
              .description = "Only tasks in this state; fail and failed mean the same.",
              .choices = {"running", "pausing", "paused", "resuming", "cancelling", "canceled",
                          "success", "fail", "failed"}},
             {.name = "task_type",
              .description = "Only tasks of this type.",
              .choices = {"nodepool_create", "nodepool_delete", "nodepool_update",
                          "nodepool_scaleout", "nodepool_scalein", "nodepool_node_attach",
                          "nodepool_node_remove", "nodepool_upgrade", "nodepool_cve_fix",
                          "nodepool_node_os_config_rollout", "nodepool_node_kubelet_config_rollout",
                          "nodepool_node_containerd_config_rollout"}},
             page_number_parameter(),
             page_size_parameter(kLargestPage),
             {.name = "start_time",
              .type = ParameterType::kTime,
              .description = "Only tasks created since: 30m, 24h, 7d, or an ISO 8601 time."},
             {.name = "end_time",
              .type = ParameterType::kTime,
              .description =
                  "Only tasks created before: an ISO 8601 time; now where none is given."}},
        .output = {{"count", R"({"type":"integer","description":"Tasks on this page."})"},
                   {"total_count", R"({"type":["integer","null"]})"},
                   {"page_number", R"({"type":"integer"})"},
                   {"page_size", R"({"type":"integer"})"},
                   {"tasks", std::string(kTaskSchema)}},
        .scope_argument = "cluster_id"};
    return kSpec;
  }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    TaskFilter filter;
    if (const auto error = read_times(arguments, filter)) {
      co_return ops::failed("InvalidTime", FailureStage::kValidateInput, *error);
    }
    const std::string cluster_id(arguments.text("cluster_id"));
    const auto region = co_await cloud_->region_of(context, cluster_id);
    if (!region) {
      co_return failed(region.error(), FailureStage::kGetClusterRegion,
                       {{"cluster_id", cluster_id}});
    }
    if (arguments.has("instance_id")) {
      auto names = co_await names_of(context, arguments, *region);
      if (!names) co_return std::unexpected(std::move(names.error()));
      filter.instance = std::move(*names);
    }
    const std::string_view state = arguments.text("state");
    const bool both_spellings = state == "fail" || state == "failed";
    if (!both_spellings && filter.is_empty())
      co_return co_await one_page(context, arguments, *region);

    std::vector<Task> tasks;
    std::string lacks;
    std::vector<std::string> states{std::string(state)};
    if (both_spellings) states = {"fail", "failed"};
    for (const std::string& each : states) {
      const auto problem =
          co_await all_pages(context, arguments, *region, each, filter, tasks, lacks);
      if (problem) co_return failed_query(*problem, cluster_id, *region);
    }
    std::ranges::sort(tasks, [](const Task& a, const Task& b) {
      return std::tie(b.created, a.id) < std::tie(a.created, b.id);
    });
    const auto again = std::ranges::unique(tasks, {}, &Task::id);
    tasks.erase(again.begin(), again.end());
    const Page page =
        page_of(tasks.size(), arguments.integer("page_number"), arguments.integer("page_size"));
    ToolOutput output = render(std::span(tasks).subspan(page.first, page.last - page.first),
                               static_cast<std::int64_t>(tasks.size()), arguments);
    output.lacks = lacks;
    co_return output;
  }

 private:
  static std::optional<std::string> read_times(const Arguments& arguments, TaskFilter& filter) {
    const EpochMs now = wall_clock_ms();
    if (arguments.has("start_time")) {
      const auto range = parse_range(arguments.text("start_time"), arguments.text("end_time"), now);
      if (!range) return range.error().message;
      filter.from = range->start;
      filter.to = range->end;
    } else if (arguments.has("end_time")) {
      const auto end = parse_moment(arguments.text("end_time"), now);
      if (!end) return "end_time: " + end.error().message;
      filter.to = *end;
    }
    return std::nullopt;
  }

  static std::unexpected<ToolFailure> failed_query(const CloudError& error,
                                                   const std::string& cluster_id,
                                                   const std::string& region) {
    return failed(error, FailureStage::kApiCall,
                  {{"cluster_id", cluster_id}, {"region_id", region}});
  }

  static OpenApiAsk ask(const Arguments& arguments, const std::string& region,
                        std::string_view state, std::int64_t number, std::int64_t size) {
    OpenApiAsk made = cluster_ask("DescribeClusterTasks", arguments.text("cluster_id"), "/tasks");
    made.region = region;
    made.query = {{"page_number", std::to_string(number)},
                  {"page_size", std::to_string(size)},
                  {"detail", "true"}};
    const auto add = [&](std::string name, std::string_view value) {
      if (!value.empty()) made.query.emplace_back(std::move(name), value);
    };
    add("state", state);
    add("type", arguments.text("task_type"));
    add("target_id", arguments.text("nodepool_id"));
    return made;
  }

  // The instance's id and the name of its node: tasks mention either.
  Async<std::expected<std::vector<std::string>, ToolFailure>> names_of(call::CallContext& context,
                                                                       const Arguments& arguments,
                                                                       std::string region) {
    const std::string cluster_id(arguments.text("cluster_id"));
    std::vector<std::string> names{std::string(arguments.text("instance_id"))};
    OpenApiAsk asked = cluster_ask("DescribeClusterNodes", cluster_id, "/nodes");
    asked.region = region;
    asked.query = {{"instanceIds", names[0]}, {"pageNumber", "1"}, {"pageSize", "10"}};
    const auto reply = co_await cloud_->call(context, std::move(asked));
    if (!reply) co_return failed_query(reply.error(), cluster_id, region);
    for (const json::Value node : reply->body.root()["nodes"].elements()) {
      const std::string_view name = node["node_name"].string();
      if (node["instance_id"].string() == names[0] && !name.empty()) names.emplace_back(name);
    }
    co_return names;
  }

  Async<ToolReply> one_page(call::CallContext& context, const Arguments& arguments,
                            std::string region) {
    const auto reply = co_await cloud_->call(
        context, ask(arguments, region, arguments.text("state"), arguments.integer("page_number"),
                     arguments.integer("page_size")));
    if (!reply) {
      co_return failed_query(reply.error(), std::string(arguments.text("cluster_id")), region);
    }
    const json::Value root = reply->body.root();
    std::vector<Task> tasks;
    for (const json::Value task : root["tasks"].elements()) tasks.push_back(rendered(task));
    co_return render(tasks, root["page_info"]["total_count"].integer(), arguments);
  }

  Async<std::optional<CloudError>> all_pages(call::CallContext& context, const Arguments& arguments,
                                             std::string region, std::string state,
                                             const TaskFilter& filter, std::vector<Task>& tasks,
                                             std::string& lacks) {
    for (std::int64_t number = 1; number <= kMaxPages; ++number) {
      const auto reply =
          co_await cloud_->call(context, ask(arguments, region, state, number, kLargestPage));
      if (!reply) co_return reply.error();
      const json::Value root = reply->body.root();
      for (const json::Value task : root["tasks"].elements()) {
        if (filter.admits(task)) tasks.push_back(rendered(task));
      }
      const auto total = root["page_info"]["total_count"].integer();
      if (static_cast<std::int64_t>(root["tasks"].size()) < kLargestPage ||
          (total && number * kLargestPage >= *total)) {
        co_return std::nullopt;
      }
    }
    lacks = fmt::format("only the newest {} tasks were searched", kMaxPages * kLargestPage);
    co_return std::nullopt;
  }

  static ToolOutput render(std::span<const Task> tasks, std::optional<std::int64_t> total,
                           const Arguments& arguments) {
    json::Writer out;
    out.begin_object().key("count").integer(static_cast<std::int64_t>(tasks.size()));
    out.key("total_count");
    total ? out.integer(*total) : out.null();
    out.key("page_number").integer(arguments.integer("page_number"));
    out.key("page_size").integer(arguments.integer("page_size"));
    out.key("tasks").begin_array();
    for (const Task& task : tasks) out.raw(task.json);
    out.end_array().end_object();
    return {.structured = out.take()};
  }

  std::shared_ptr<Cloud> cloud_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_list_cluster_tasks(std::shared_ptr<Cloud> cloud) {
  return std::make_unique<ListTasks>(std::move(cloud));
}

}  // namespace larkspur::ops::alibaba
