#include "telemetry/prometheus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <type_traits>
#include <vector>

namespace larkspur::telemetry {

namespace {

namespace sdk = opentelemetry::sdk::metrics;
namespace nostd = opentelemetry::nostd;

// Letters, digits and '_' (':' is for recording rules); a digit cannot come first.
std::string prometheus_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (out.empty() && digit) out += '_';
    out += letter || digit ? c : '_';
  }
  return out;
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (quotes && c == '"')) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
}

std::string label_value(const opentelemetry::sdk::common::OwnedAttributeValue& value) {
  return nostd::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string>)
          return v;
        else if constexpr (std::is_same_v<T, bool>)
          return v ? "true" : "false";
        else if constexpr (std::is_arithmetic_v<T>)
          return fmt::format("{}", v);
        else
          return "";  // lists are no labels
      },
      value);
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string number(const sdk::ValueType& value) {
  if (nostd::holds_alternative<std::int64_t>(value)) {
    return fmt::format("{}", nostd::get<std::int64_t>(value));
  }
  return number(nostd::get<double>(value));
}

// `a="1",b="2"`
template <class Attributes>
std::string labels(const Attributes& attributes) {
  std::string out;
  for (const auto& [key, value] : attributes) {
    if (!out.empty()) out += ',';
    out += prometheus_name(key);
    out += "=\"";
    append_escaped(out, label_value(value), true);
    out += '"';
  }
  return out;
}

std::string series(const std::string& name, const std::string& label_text,
                   const std::string& value) {
  if (label_text.empty()) return fmt::format("{} {}\n", name, value);
  return fmt::format("{}{{{}}} {}\n", name, label_text, value);
}

std::string histogram(const std::string& name, const std::string& label_text,
                      const sdk::HistogramPointData& point) {
  std::string out;
  const std::string comma = label_text.empty() ? "" : ",";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < point.counts_.size(); ++i) {
    below += point.counts_[i];
    const std::string bound = i < point.boundaries_.size() ? number(point.boundaries_[i]) : "+Inf";
    out += series(name + "_bucket", fmt::format("{}{}le=\"{}\"", label_text, comma, bound),
                  fmt::format("{}", below));
  }
  out += series(name + "_sum", label_text, number(point.sum_));
  out += series(name + "_count", label_text, fmt::format("{}", point.count_));
  return out;
}

// One metric with all its series.
class Family {
 public:
  explicit Family(const sdk::MetricData& metric) : descriptor_(metric.instrument_descriptor) {
    name_ = prometheus_name(descriptor_.name_);
    if (descriptor_.unit_ == "s" && !name_.ends_with("_seconds")) name_ += "_seconds";
    if (descriptor_.unit_ == "By" && !name_.ends_with("_bytes")) name_ += "_bytes";
    for (const auto& point : metric.point_data_attr_) add(point);
  }

  void append_to(std::string& out) {
    if (points_.empty()) return;
    out += fmt::format("# HELP {} ", name_);
    append_escaped(out, descriptor_.description_, false);
    out += fmt::format("\n# TYPE {} {}\n", name_, type_);
    std::ranges::sort(points_);
    for (const auto& [label_text, text] : points_) out += text;
  }

 private:
  void add(const sdk::PointDataAttributes& point) {
    const std::string label_text = labels(point.attributes);
    if (const auto* sum = nostd::get_if<sdk::SumPointData>(&point.point_data)) {
      type_ = sum->is_monotonic_ ? "counter" : "gauge";
      if (sum->is_monotonic_ && !name_.ends_with("_total")) name_ += "_total";
      points_.emplace_back(label_text, series(name_, label_text, number(sum->value_)));
    } else if (const auto* last = nostd::get_if<sdk::LastValuePointData>(&point.point_data)) {
      points_.emplace_back(label_text, series(name_, label_text, number(last->value_)));
    } else if (const auto* buckets = nostd::get_if<sdk::HistogramPointData>(&point.point_data)) {
      type_ = "histogram";
      points_.emplace_back(label_text, histogram(name_, label_text, *buckets));
    }
  }

  const sdk::InstrumentDescriptor& descriptor_;
  std::string name_;
  std::string_view type_ = "gauge";
  std::vector<std::pair<std::string, std::string>> points_;  // labels, text
};

}  // namespace

std::string prometheus_text(const sdk::ResourceMetrics& metrics) {
  std::string out;
  if (metrics.resource_ != nullptr) {
    const auto& attributes = metrics.resource_->GetAttributes();
    const std::map<std::string, opentelemetry::sdk::common::OwnedAttributeValue> sorted(
        attributes.begin(), attributes.end());
    out += "# HELP target_info What this process is\n# TYPE target_info gauge\n";
    out += series("target_info", labels(sorted), "1");
  }
  std::map<std::string, const sdk::MetricData*> by_name;
  for (const auto& scope : metrics.scope_metric_data_) {
    for (const auto& metric : scope.metric_data_) {
      by_name.emplace(metric.instrument_descriptor.name_, &metric);
    }
  }
  for (const auto& [name, metric] : by_name) Family(*metric).append_to(out);
  return out;
}

std::string PrometheusReader::text() {
  std::string out;
  Collect([&](sdk::ResourceMetrics& metrics) {
    cells_.append_to(metrics);
    out = prometheus_text(metrics);
    return true;
  });
  return out;
}

}  // namespace larkspur::telemetry
