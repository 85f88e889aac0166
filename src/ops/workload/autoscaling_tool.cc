#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "ops/workload/quantity.h"
#include "ops/workload/target.h"
#include "ops/workload/tools.h"
#include "ops/workload/volatility.h"

namespace larkspur::ops {

namespace {

constexpr std::int64_t kWeek = std::int64_t{7} * 24 * 3600;
constexpr double kMinReadyShare = 0.5;

// One of the two resources, in the unit in which it is shown.
struct Resource {
  std::string_view type, unit;
  int decimals;
  int scale;              // of the standard deviation
  double baseline_share;  // what stands in for a request
};
constexpr Resource kCpu{"cpu", "Core", 3, 1, 0.95};
constexpr Resource kMemory{"memory", "MiB", 1, 3, 0.99};

// "0.25 Core": as many decimals as it takes, one at least.
std::string shown(double value, const Resource& resource) {
  std::string text = fmt::format("{:.{}f}", value, resource.decimals);
  while (text.ends_with('0') && text[text.size() - 2] != '.') text.pop_back();
  return fmt::format("{} {}", text, resource.unit);
}

// The pods' names go into a regular expression in a string of PromQL; a name has letters, digits,
// - and ., of which only the last means something there.
std::string pod_pattern(const Target& target) {
  std::string pattern;
  for (const char c : target.name) pattern += c == '.' ? std::string(R"(\\.)") : std::string(1, c);
  return pattern + std::string(target.kind->pod_suffix);
}

// Both resources in one question, told apart by the label "resource".
std::string question(const Target& target) {
  const std::string pods = fmt::format(R"(namespace="{}",pod=~"{}",container!="",container!="POD")",
                                       target.name_space, pod_pattern(target));
  return fmt::format(
      R"(label_replace(sum(rate(container_cpu_usage_seconds_total{{{0}}}[2m])),"resource","cpu","","") )"
      R"(or label_replace(sum(container_memory_working_set_bytes{{{0}}}),"resource","memory","",""))",
      pods);
}

// The samples of one resource; what is no finite number is no sample.
std::vector<Sample> samples_of(json::Value result, std::string_view resource, double unit) {
  std::vector<Sample> samples;
  for (const json::Value series : result.elements()) {
    if (series["metric"]["resource"].string() != resource) continue;
    for (const json::Value each : series["values"].elements()) {
      if (each.size() != 2) continue;
      auto part = each.elements().begin();
      const auto at = (*part).number();
      const std::string_view text = (*++part).string();
      double value = 0;
      const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
      if (!at || end.ec != std::errc() || !std::isfinite(value)) continue;
      samples.push_back({*at, value / unit});
    }
  }
  std::ranges::sort(samples, {}, &Sample::at);
  return samples;
}

struct Observed {
  const Resource* resource;
  std::optional<double> request;
  UsageProfile usage;
};

void write_profile(json::Writer& out, const Observed& seen) {
  const Resource& resource = *seen.resource;
  out.begin_object().key("resource_type").string(resource.type).key("pod_request");
  seen.request ? out.string(shown(*seen.request, resource)) : out.null();
  out.key("is_volatile").boolean(seen.usage.is_volatile).key("percentiles").begin_object();
  out.key("min").string(shown(seen.usage.min, resource));
  out.key("max").string(shown(seen.usage.max, resource));
  out.key("avg").string(shown(seen.usage.average, resource));
  out.key("p95").string(shown(seen.usage.p95, resource));
  out.key("p99").string(shown(seen.usage.p99, resource));
  out.end_object().end_object();
}

// Why no HorizontalPodAutoscaler is recommended whatever the usage; "" where one may be.
std::string unfit(const Target& target, const Workload& workload) {
  if (!target.kind->scales) {
    return fmt::format("a {} has no number of replicas that could change", target.kind->kind);
  }
  if (workload.replicas < 1) return "the workload is scaled to 0 replicas";
  const double ready = static_cast<double>(workload.ready) / static_cast<double>(workload.replicas);
  if (ready < kMinReadyShare) {
    return fmt::format("only {} of {} replicas are ready", workload.ready, workload.replicas);
  }
  return {};
}

void write_refusal(json::Writer& out, std::string_view why) {
  out.begin_object().key("recommended").boolean(false);
  out.key("min_replicas").null().key("max_replicas").null();
  out.key("target_utilization").null().key("average_utilization").null();
  out.key("message").string(why).end_object();
}

std::string percent(double share) {
  return fmt::format("{}%", static_cast<std::int64_t>(share * 100));
}

void write_scaling(json::Writer& out, const Scaling& scaling, const Observed& cpu,
                   const Observed& memory) {
  const auto each_volatile = [&](std::string_view key, auto&& write) {
    out.key(key).begin_object();
    if (cpu.usage.is_volatile) write(cpu, scaling.cpu_target);
    if (memory.usage.is_volatile) write(memory, scaling.memory_target);
    out.end_object();
  };
  out.begin_object().key("recommended").boolean(true);
  out.key("min_replicas").integer(scaling.min_replicas);
  out.key("max_replicas").integer(scaling.max_replicas);
  each_volatile("target_utilization", [&](const Observed& seen, double target) {
    out.key(seen.resource->type).string(percent(target));
  });
  each_volatile("average_utilization", [&](const Observed& seen, double) {
    const double share = seen.usage.average / *seen.request;
    out.key(seen.resource->type).string(fmt::format("{}%", std::llround(share * 100)));
  });
  out.key("message").string(
      "Computed from the pods' current requests: where those are wrong, so is this. Look at "
      "analyze_workload_cost first.");
  out.end_object();
}

void write_recommendation(json::Writer& out, const std::string& unfit_for,
                          const std::vector<Observed>& seen) {
  if (!unfit_for.empty()) return write_refusal(out, unfit_for);
  if (std::ranges::none_of(seen, [](const Observed& each) { return each.usage.is_volatile; })) {
    return write_refusal(out, seen.empty() ? "Prometheus has no data of the workload's pods"
                                           : "its usage hardly moved in the time observed");
  }
  if (seen.size() < 2 || !seen[0].request || !seen[1].request) {
    return write_refusal(out, "it takes requests of, and data about, both CPU and memory");
  }
  const auto scaling =
      recommend_scaling({seen[0].usage, *seen[0].request}, {seen[1].usage, *seen[1].request});
  if (!scaling) return write_refusal(out, "the number of replicas would have no room to change");
  write_scaling(out, *scaling, seen[0], seen[1]);
}

constexpr std::string_view kAnalysisSchema =
    R"({"type":"array","items":{"type":"object","properties":{"resource_type":{"type":"string","enum":["cpu","memory"]},)"
    R"("pod_request":{"type":["string","null"]},"is_volatile":{"type":"boolean"},"percentiles":{"type":"object",)"
    R"("description":"Of all pods together.","properties":{"min":{"type":"string"},"max":{"type":"string"},)"
    R"("avg":{"type":"string"},"p95":{"type":"string"},"p99":{"type":"string"}}}},"required":["resource_type","is_volatile"]}})";

constexpr std::string_view kHpaSchema =
    R"({"type":["object","null"],"properties":{"recommended":{"type":"boolean"},"min_replicas":{"type":["integer","null"]},)"
    R"("max_replicas":{"type":["integer","null"]},"target_utilization":{"type":["object","null"],)"
    R"("description":"averageUtilization by resource: {\"cpu\":\"60%\"}"},"average_utilization":{"type":["object","null"],)"
    R"("description":"All pods' average usage by one pod's request."},"message":{"type":"string"}},"required":["recommended","message"]})";

ToolSpec make_spec(const BuiltinTool& kubectl, const BuiltinTool& prometheus) {
  ToolSpec spec{.name = "analyze_workload_autoscaling",
                .title = "Autoscaling of a workload",
                .description =
                    "Whether one workload's use of CPU and memory moved enough in the last seven "
                    "days to be worth a HorizontalPodAutoscaler, and which one would fit.",
                .parameters = target_parameters(kubectl),
                .output = target_output(),
                .timeout = kubectl.spec().timeout + prometheus.spec().timeout,
                .scope_argument = kubectl.spec().scope_argument};
  if (parameter_of(kubectl, "cluster_id") == nullptr) {
    if (const Parameter* cluster = parameter_of(prometheus, "cluster_id")) {
      spec.parameters.insert(spec.parameters.begin(), *cluster);
    }
  }
  spec.output.push_back({"resource_analysis", std::string(kAnalysisSchema)});
  spec.output.push_back({"hpa_recommendation", std::string(kHpaSchema)});
  return spec;
}

class WorkloadAutoscaling : public BuiltinTool {
 public:
  WorkloadAutoscaling(std::shared_ptr<BuiltinTool> kubectl, std::shared_ptr<BuiltinTool> prometheus)
      : kubectl_(std::move(kubectl)),
        prometheus_(std::move(prometheus)),
        spec_(make_spec(*kubectl_, *prometheus_)) {}

  const ToolSpec& spec() const override { return spec_; }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    const auto target = read_target(arguments);
    if (!target) co_return std::unexpected(target.error());
    Notes notes;
    tell_progress(context, 0, 2, "reading the workload");
    const auto workload = co_await fetch_workload(context, *kubectl_, for_kubectl(*target), notes);
    if (!workload) co_return target->failed(workload.error());
    tell_progress(context, 1, 2, "asking Prometheus for seven days of usage");
    const auto answer = co_await ask(context, *prometheus_, query(*target), notes);
    if (!answer) co_return target->failed(answer.error());
    if (answer->root()["truncated"].boolean()) notes.add_lack("Prometheus gave a part of the data");

    const std::vector<Observed> seen = observe(answer->root()["result"], *workload, notes);
    json::Writer out = target->begin_output();
    out.key("resource_analysis").begin_array();
    for (const Observed& each : seen) write_profile(out, each);
    out.end_array().key("hpa_recommendation");
    write_recommendation(out, unfit(*target, *workload), seen);
    co_return ToolOutput{.structured = out.end_object().take(),
                         .warnings = {notes.warnings.begin(), notes.warnings.end()},
                         .lacks = notes.lacks};
  }

 private:
  // Where kubectl knows one cluster only, the id is for Prometheus.
  Target for_kubectl(Target target) const {
    if (parameter_of(*kubectl_, "cluster_id") == nullptr) target.cluster_id.clear();
    return target;
  }

  static std::string query(const Target& target) {
    const std::int64_t end = wall_clock_ms() / 1000;
    json::Writer arguments;
    arguments.begin_object().key("promql").string(question(target));
    if (!target.cluster_id.empty()) arguments.key("cluster_id").string(target.cluster_id);
    arguments.key("start_time").string(std::to_string(end - kWeek));
    arguments.key("end_time").string(std::to_string(end));
    return arguments.key("step").string("60s").end_object().take();
  }

  // CPU first, as far as there is data.
  static std::vector<Observed> observe(json::Value result, const Workload& workload, Notes& notes) {
    std::vector<Observed> seen;
    const auto look = [&](const Resource& resource, std::optional<double> request, double unit) {
      const std::vector<Sample> samples = samples_of(result, resource.type, unit);
      if (samples.empty()) {
        notes.add_lack(fmt::format("Prometheus has no {} data of its pods", resource.type));
        return;
      }
      if (request) *request /= unit;
      if (!request) {
        notes.warnings.insert(
            fmt::format("the pods request no {}; what they mostly use stands in "
                        "for it",
                        resource.type));
      }
      seen.push_back(
          {&resource, request, profile(samples, request, resource.scale, resource.baseline_share)});
    };
    look(kCpu, workload.requests.cores, 1);
    look(kMemory, workload.requests.bytes, kMebibyte);
    return seen;
  }

  std::shared_ptr<BuiltinTool> kubectl_, prometheus_;
  ToolSpec spec_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_workload_autoscaling(std::shared_ptr<BuiltinTool> kubectl,
                                                       std::shared_ptr<BuiltinTool> prometheus) {
  return std::make_unique<WorkloadAutoscaling>(std::move(kubectl), std::move(prometheus));
}

}  // namespace larkspur::ops
