#include "ops/workload/workload.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "json/value.h"
#include "ops/workload/quantity.h"

namespace larkspur::ops {

namespace {

// Pods of a Deployment are named after the ReplicaSet between them: two generated parts.
constexpr std::array kKinds = std::to_array<WorkloadKind>({
    {"Deployment",
     "deployments.apps",
     {"deployment", "deployments", "deploy"},
     "-[a-z0-9]{1,10}-[a-z0-9]{5}",
     true},
    {"StatefulSet", "statefulsets.apps", {"statefulset", "statefulsets", "sts"}, "-[0-9]+", true},
    {"DaemonSet", "daemonsets.apps", {"daemonset", "daemonsets", "ds"}, "-[a-z0-9]{5}", false},
    {"ReplicaSet", "replicasets.apps", {"replicaset", "replicasets", "rs"}, "-[a-z0-9]{5}", true},
});

std::unexpected<Error> strange(std::string_view what) {
  return fail(ErrorCode::kProtocol,
              fmt::format("kubectl's answer is not what it should be: {}", what));
}

void add(std::optional<double>& sum, json::Value quantity) {
  const auto amount = parse_quantity(quantity.is_string() ? quantity.string() : quantity.raw());
  if (amount && *amount > 0) sum = sum.value_or(0) + *amount;
}

void add(PodResources& sum, json::Value amounts) {
  add(sum.cores, amounts["cpu"]);
  add(sum.bytes, amounts["memory"]);
}

void add_container(Workload& workload, json::Value container) {
  add(workload.requests, container["resources"]["requests"]);
  add(workload.limits, container["resources"]["limits"]);
}

bool is_label_text(std::string_view text) {
  return text.size() <= 317 && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("._-/").contains(c);
         });
}

// "a in (x,y)"; "" for an operator that nobody knows.
std::string expression(json::Value requirement) {
  const std::string_view key = requirement["key"].string();
  const std::string_view op = requirement["operator"].string();
  if (op == "Exists") return std::string(key);
  if (op == "DoesNotExist") return fmt::format("!{}", key);
  if (op != "In" && op != "NotIn") return {};
  std::string values;
  for (const json::Value each : requirement["values"].elements()) {
    if (!is_label_text(each.string())) return {};
    fmt::format_to(std::back_inserter(values), "{}{}", values.empty() ? "" : ",", each.string());
  }
  return fmt::format("{} {} ({})", key, op == "In" ? "in" : "notin", values);
}

// What could be anything else than a selector is none.
Result<std::string> selector_text(json::Value selector) {
  std::vector<std::string> terms;
  for (const auto& [key, value] : selector["matchLabels"].members()) {
    if (!is_label_text(key) || !is_label_text(value.string())) return strange("its selector");
    terms.push_back(fmt::format("{}={}", key, value.string()));
  }
  for (const json::Value each : selector["matchExpressions"].elements()) {
    if (!is_label_text(each["key"].string())) return strange("its selector");
    terms.push_back(expression(each));
    if (terms.back().empty()) return strange("its selector");
  }
  if (terms.empty()) return strange("the workload selects no pods");
  return fmt::format("{}", fmt::join(terms, ","));
}

// The first of a row's words, taken off the row.
std::string_view take_word(std::string_view& row) {
  row = trim(row);
  const std::size_t end = std::min(row.find_first_of(" \t"), row.size());
  const std::string_view word = row.substr(0, end);
  row.remove_prefix(end);
  return word;
}

}  // namespace

const WorkloadKind* workload_kind(std::string_view name) {
  const std::string lower = to_lower(name);
  const auto found = std::ranges::find_if(kKinds, [&](const WorkloadKind& each) {
    return lower == each.resource || std::ranges::find(each.names, lower) != each.names.end();
  });
  return found == kKinds.end() ? nullptr : &*found;
}

std::span<const WorkloadKind> workload_kinds() {
  return kKinds;
}

Result<Workload> read_workload(std::string json) {
  const auto document = json::Document::parse(std::move(json));
  if (!document) return strange(document.error().message);
  const json::Value spec = document->root()["spec"];
  const json::Value status = document->root()["status"];
  const json::Value pod = spec["template"]["spec"];
  if (pod["containers"].size() == 0) return strange("the workload has no containers");

  Workload workload;
  auto selector = selector_text(spec["selector"]);
  if (!selector) return fail(std::move(selector.error()));
  workload.selector = std::move(*selector);
  if (status["desiredNumberScheduled"].exists()) {  // a DaemonSet
    workload.replicas = status["desiredNumberScheduled"].integer().value_or(0);
    workload.ready = status["numberReady"].integer().value_or(0);
  } else {
    workload.replicas = spec["replicas"].integer().value_or(1);
    workload.ready = status["readyReplicas"].integer().value_or(0);
  }
  for (const json::Value each : pod["containers"].elements()) add_container(workload, each);
  for (const json::Value each : pod["initContainers"].elements()) {
    if (each["restartPolicy"].string() == "Always") add_container(workload, each);
  }
  return workload;
}

Result<PodsUsage> read_usage(std::string_view table) {
  PodsUsage usage;
  while (!table.empty()) {
    const std::size_t end = std::min(table.find('\n'), table.size());
    std::string_view row = table.substr(0, end);
    table.remove_prefix(std::min(end + 1, table.size()));
    const std::string_view name = take_word(row);
    if (name.empty()) continue;
    const auto cores = parse_quantity(take_word(row));
    const auto bytes = parse_quantity(take_word(row));
    if (!cores || !bytes) {
      return strange(fmt::format("'{}' has no usage", printable(truncate_utf8(name, 64))));
    }
    ++usage.pods;
    usage.cores += *cores;
    usage.bytes += *bytes;
  }
  return usage;
}

Result<std::optional<Recommendation>> read_recommendation(std::string json) {
  const auto document = json::Document::parse(std::move(json));
  if (!document) return strange(document.error().message);
  const json::Value items = document->root()["items"];
  if (items.size() == 0) return std::nullopt;
  const json::Value first = *items.elements().begin();
  Recommendation found;
  found.status = truncate_utf8(
      first["metadata"]["labels"]["alpha.alibabacloud.com/recommendation-status"].string(), 64);
  const json::Value containers = first["status"]["recommendResources"]["containerRecommendations"];
  for (const json::Value each : containers.elements()) {
    ContainerTarget target{.name = std::string(truncate_utf8(each["containerName"].string(), 63))};
    add(target.target, each["target"]);
    found.containers.push_back(std::move(target));
  }
  if (found.containers.empty()) return std::nullopt;
  return found;
}

}  // namespace larkspur::ops
