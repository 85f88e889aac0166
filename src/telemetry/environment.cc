#include "telemetry/environment.h"

#include <charconv>
#include <cstdlib>
#include <optional>

namespace larkspur::telemetry {

namespace {

template <class Number>
std::optional<Number> number_from(const char* name) {
  const std::string text = from_environment(name);
  Number number{};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || number < 0) return std::nullopt;
  return number;
}

// Parents decide with every sampler of ours, so "traceidratio" means "parentbased_traceidratio".
void read_sampler(Options& options) {
  std::string sampler = from_environment("OTEL_TRACES_SAMPLER");
  constexpr std::string_view kParentBased = "parentbased_";
  if (sampler.starts_with(kParentBased)) sampler.erase(0, kParentBased.size());
  if (sampler == "always_on") options.sampling_ratio = 1;
  if (sampler == "always_off") options.sampling_ratio = 0;
  if (sampler == "traceidratio") {
    options.sampling_ratio = number_from<double>("OTEL_TRACES_SAMPLER_ARG").value_or(1);
  }
}

}  // namespace

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Options with_environment(Options options) {
  if (from_environment("OTEL_SDK_DISABLED") == "true") {
    options.traces = options.metrics = options.logs = options.prometheus = false;
  }
  const auto milliseconds = [](const char* name, std::chrono::milliseconds& to) {
    if (const auto read = number_from<int>(name); read && *read > 0) {
      to = std::chrono::milliseconds(*read);
    }
  };
  milliseconds("OTEL_METRIC_EXPORT_INTERVAL", options.metric_interval);
  milliseconds("OTEL_BSP_SCHEDULE_DELAY", options.batch_delay);
  if (const auto read = number_from<std::size_t>("OTEL_BSP_MAX_QUEUE_SIZE"); read && *read > 0) {
    options.queue_size = *read;
  }
  read_sampler(options);
  return options;
}

}  // namespace larkspur::telemetry
