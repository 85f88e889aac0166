#include "ops/prometheus/guidance_tool.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "json/writer.h"

namespace larkspur::ops {

namespace {

struct Metric {
  std::string_view job, name, type, category, resources, description;
};
struct Example {
  std::string_view name, severity, category, resources, expression, description, action;
};

constexpr Metric kMetrics[] = {
#define PROM_METRIC(job, name, type, category, resources, description) \
  {job, name, type, category, resources, description},
#include "ops/prometheus/metrics.def"
#undef PROM_METRIC
};
constexpr Example kExamples[] = {
#define PROM_EXAMPLE(name, severity, category, resources, expression, description, action) \
  {name, severity, category, resources, expression, description, action},
#include "ops/prometheus/examples.def"
#undef PROM_EXAMPLE
};

template <class Visit>
void each_word(std::string_view words, Visit visit) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    visit(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

void write_words(json::Writer& writer, std::string_view words) {
  writer.begin_array();
  each_word(words, [&](std::string_view word) { writer.string(word); });
  writer.end_array();
}

std::set<std::string> all_resources() {
  std::set<std::string> words;
  const auto add = [&](std::string_view word) { words.emplace(word); };
  for (const Metric& each : kMetrics) each_word(each.resources, add);
  for (const Example& each : kExamples) each_word(each.resources, add);
  return words;
}

ToolSpec make_spec() {
  const auto words = all_resources();
  return {.name = "query_prometheus_metric_guidance",
          .title = "Prometheus metrics and example queries",
          .description =
              "Metrics of node exporter, kube-state-metrics, cAdvisor and CoreDNS for a kind of "
              "resource, with PromQL "
              "that finds the usual troubles and what to do about them. Use it before "
              "query_prometheus.",
          .parameters = {{.name = "resource_label",
                          .description = "The kind of resource.",
                          .required = true,
                          .choices = {words.begin(), words.end()}},
                         {.name = "metric_category",
                          .description =
                              "cpu, memory, network, disk or state; all of them if left out.",
                          .pattern = "(?i)cpu|memory|network|disk|state|"}},
          .output = {{"metrics", R"({"type":"array","items":{"type":"object"}})"},
                     {"promql_samples", R"({"type":"array","items":{"type":"object"}})"}},
          .annotations = {.open_world = false}};
}

// What is looked for; every entry of both tables is asked.
struct Wanted {
  std::string_view resource;
  std::string category;  // lower case; "" for all

  bool matches(std::string_view resources, std::string_view of_category) const {
    if (!category.empty() && category != of_category) return false;
    bool found = false;
    each_word(resources, [&](std::string_view word) { found |= word == resource; });
    return found;
  }
};

class GuidanceTool : public BuiltinTool {
 public:
  const ToolSpec& spec() const override { return spec_; }

  Async<ToolReply> run(call::CallContext&, const Arguments& arguments) override {
    const Wanted wanted{arguments.text("resource_label"),
                        to_lower(arguments.text("metric_category"))};
    json::Writer writer;
    writer.begin_object().key("metrics").begin_array();
    for (const Metric& each : kMetrics) {
      if (!wanted.matches(each.resources, each.category)) continue;
      writer.begin_object().key("name").string(each.name).key("type").string(each.type);
      writer.key("category").string(each.category).key("description").string(each.description);
      write_words(writer.key("labels"), each.resources);
      writer.key("job_name").string(each.job).end_object();
    }
    writer.end_array().key("promql_samples").begin_array();
    for (const Example& each : kExamples) {
      if (!wanted.matches(each.resources, each.category)) continue;
      writer.begin_object()
          .key("rule_name")
          .string(each.name)
          .key("description")
          .string(each.description);
      writer.key("recommendation_sop")
          .string(each.action)
          .key("expression")
          .string(each.expression);
      writer.key("severity").string(each.severity).key("category").string(each.category);
      write_words(writer.key("labels"), each.resources);
      writer.end_object();
    }
    writer.end_array().end_object();
    co_return ToolOutput{.structured = writer.take()};
  }

 private:
  ToolSpec spec_ = make_spec();
};

}  // namespace

std::unique_ptr<BuiltinTool> make_guidance_tool() {
  return std::make_unique<GuidanceTool>();
}

}  // namespace larkspur::ops
