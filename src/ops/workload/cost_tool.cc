#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "ops/workload/quantity.h"
#include "ops/workload/target.h"
#include "ops/workload/tools.h"

namespace larkspur::ops {

namespace {

constexpr double kMargin = 1.3;  // over what profiling says

// For what nobody configured and for what nobody measured: the words that users of
// alibabacloud-ack-mcp-server know.
constexpr std::string_view kNotSet = "未配置";
constexpr std::string_view kNotKnown = "N/A";

std::string shown_cores(double cores) {
  return fmt::format("{:.3f}", cores);
}
std::string shown_memory(double bytes) {
  return fmt::format("{}Mi", std::llround(std::floor(bytes / kMebibyte)));
}

// Up to the next hundredth of a core, and to the next 10 Mi. What lies above by less than an
// error of rounding is on the mark.
double rounded_up(double value, double unit) {
  return std::ceil(value / unit - 1e-9) * unit;
}

constexpr std::string_view kMetricsSchema =
    R"({"type":["object","null"],"description":"Of one pod on average. CPU in cores, memory in Mi. )"
    R"(未配置: not set; N/A: not known.","properties":{)"
    R"("cpu_usage":{"type":"string"},"cpu_request":{"type":"string"},"cpu_limit":{"type":"string"},)"
    R"("memory_usage":{"type":"string"},"memory_request":{"type":"string"},"memory_limit":{"type":"string"},)"
    R"("cpu_utilization":{"type":["number","null"],"description":"Usage by request; above 1 where more is used."},)"
    R"("memory_utilization":{"type":["number","null"]}}})";

constexpr std::string_view kRecommendationSchema =
    R"({"type":["object","null"],"description":"What resource profiling recommends to request; null where it )"
    R"(is not installed or knows nothing yet.","properties":{)"
    R"("containers":{"type":"array","items":{"type":"object","properties":{"container_name":{"type":"string"},)"
    R"("cpu_recommended":{"type":"string"},"memory_recommended":{"type":"string"}}}},)"
    R"("resource_recommendation_status":{"type":"string","description":"Collecting or Working"}}})";

ToolSpec make_spec(const BuiltinTool& kubectl) {
  ToolSpec spec{
      .name = "analyze_workload_cost",
      .title = "Cost of a workload",
      .description =
          "What the pods of one workload use now, against their requests and limits, and the "
          "requests that Alibaba Cloud's resource profiling recommends, where the cluster has it. "
          "A utilization above 1 says that more is used than requested.",
      .parameters = target_parameters(kubectl),
      .output = target_output(),
      .timeout = 3 * kubectl.spec().timeout,
      .scope_argument = kubectl.spec().scope_argument};
  spec.output.push_back({"resource_metrics", std::string(kMetricsSchema)});
  spec.output.push_back({"resource_recommendation", std::string(kRecommendationSchema)});
  spec.output.push_back(
      {"pod_count", R"({"type":"integer","description":"Pods whose usage was measured."})"});
  return spec;
}

class WorkloadCost : public BuiltinTool {
 public:
  explicit WorkloadCost(std::shared_ptr<BuiltinTool> kubectl)
      : kubectl_(std::move(kubectl)), spec_(make_spec(*kubectl_)) {}

  const ToolSpec& spec() const override { return spec_; }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    const auto target = read_target(arguments);
    if (!target) co_return std::unexpected(target.error());
    Notes notes;
    tell_progress(context, 0, 3, "reading the workload");
    const auto workload = co_await fetch_workload(context, *kubectl_, *target, notes);
    if (!workload) co_return std::unexpected(workload.error());
    tell_progress(context, 1, 3, "measuring its pods");
    const auto usage = co_await measure(context, *target, workload->selector, notes);
    tell_progress(context, 2, 3, "looking for a recommendation");
    const auto recommendation = co_await recommend(context, *target, notes);

    json::Writer out = target->begin_output();
    write_metrics(out.key("resource_metrics"), *workload, usage);
    write_recommendation(out.key("resource_recommendation"), recommendation);
    out.key("pod_count").integer(usage ? usage->pods : 0).end_object();
    co_return ToolOutput{.structured = out.take(),
                         .warnings = {notes.warnings.begin(), notes.warnings.end()},
                         .lacks = notes.lacks};
  }

 private:
  // nullopt where nobody can say, which `notes` tells.
  Async<std::optional<PodsUsage>> measure(call::CallContext& context, const Target& target,
                                          std::string selector, Notes& notes) {
    const auto table = co_await ask_kubectl(
        context, *kubectl_, target.cluster_id,
        fmt::format("top pods -n {} -l '{}' --no-headers", target.name_space, selector), notes);
    if (!table) {
      notes.add_lack(fmt::format("the usage of its pods is not known: {}", table.error().message));
      co_return std::nullopt;
    }
    const auto usage = read_usage(*table);
    if (!usage) {
      notes.add_lack(usage.error().message);
      co_return std::nullopt;
    }
    if (usage->pods == 0) {
      notes.warnings.emplace("no pod of the workload has measurements");
      co_return std::nullopt;
    }
    co_return *usage;
  }

  Async<std::optional<Recommendation>> recommend(call::CallContext& context, const Target& target,
                                                 Notes& notes) {
    static constexpr std::string_view kLabel = "alpha.alibabacloud.com/recommendation-workload";
    const auto json = co_await ask_kubectl(
        context, *kubectl_, target.cluster_id,
        fmt::format("get recommendation -n {0} -l '{1}-namespace={0},{1}-name={2},{1}-kind={3}' "
                    "-o json",
                    target.name_space, kLabel, target.name, target.kind->kind),
        notes);
    if (!json) {
      // kubectl's own words for a kind of object that the cluster has not; it gives no code.
      if (!json.error().message.contains("the server doesn't have a resource type")) {
        notes.add_lack(
            fmt::format("the recommendation could not be read: {}", json.error().message));
      }
      co_return std::nullopt;
    }
    auto found = read_recommendation(*json);
    if (!found) notes.add_lack(found.error().message);
    co_return found ? std::move(*found) : std::nullopt;
  }

  static void write_metrics(json::Writer& out, const Workload& workload,
                            const std::optional<PodsUsage>& usage) {
    const auto amount = [&](std::string_view key, const std::optional<double>& value,
                            std::string (*show)(double), std::string_view otherwise) {
      out.key(key).string(value ? show(*value) : std::string(otherwise));
    };
    const auto share = [&](std::string_view key, const std::optional<double>& used,
                           const std::optional<double>& requested) {
      out.key(key);
      used&& requested ? out.number(*used / *requested) : out.null();
    };
    PodResources used;
    if (usage) {
      used = {usage->cores / static_cast<double>(usage->pods),
              usage->bytes / static_cast<double>(usage->pods)};
    }
    out.begin_object();
    amount("cpu_usage", used.cores, shown_cores, kNotKnown);
    amount("cpu_request", workload.requests.cores, shown_cores, kNotSet);
    amount("cpu_limit", workload.limits.cores, shown_cores, kNotSet);
    amount("memory_usage", used.bytes, shown_memory, kNotKnown);
    amount("memory_request", workload.requests.bytes, shown_memory, kNotSet);
    amount("memory_limit", workload.limits.bytes, shown_memory, kNotSet);
    share("cpu_utilization", used.cores, workload.requests.cores);
    share("memory_utilization", used.bytes, workload.requests.bytes);
    out.end_object();
  }

  static void write_recommendation(json::Writer& out,
                                   const std::optional<Recommendation>& recommendation) {
    if (!recommendation) {
      out.null();
      return;
    }
    out.begin_object().key("containers").begin_array();
    for (const auto& [name, target] : recommendation->containers) {
      out.begin_object().key("container_name").string(name);
      out.key("cpu_recommended")
          .string(target.cores ? shown_cores(rounded_up(*target.cores * kMargin, 0.01)) : "");
      out.key("memory_recommended")
          .string(target.bytes ? shown_memory(rounded_up(*target.bytes * kMargin, 10 * kMebibyte))
                               : "");
      out.end_object();
    }
    out.end_array().key("resource_recommendation_status").string(recommendation->status);
    out.end_object();
  }

  std::shared_ptr<BuiltinTool> kubectl_;
  ToolSpec spec_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_workload_cost(std::shared_ptr<BuiltinTool> kubectl) {
  return std::make_unique<WorkloadCost>(std::move(kubectl));
}

}  // namespace larkspur::ops
