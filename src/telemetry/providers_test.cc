#include "telemetry/providers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

#include "base/clock.h"
#include "telemetry/environment.h"
#include "telemetry/gauge.h"
#include "telemetry/instruments.h"
#include "telemetry/labels.h"
#include "telemetry/span.h"

// The packaged OpenTelemetry libraries are not built with ThreadSanitizer, which therefore does not
// see what they synchronise by.
extern "C" const char* __tsan_default_suppressions() {
  return "race:libopentelemetry\nmutex:libopentelemetry\n";
}

namespace larkspur::telemetry {
namespace {

using std::chrono::milliseconds;

// A receiver that takes connections and never answers.
class HangingReceiver {
 public:
  HangingReceiver() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, generic, size), 0);
    EXPECT_EQ(::listen(fd_, 64), 0);
    EXPECT_EQ(::getsockname(fd_, generic, &size), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~HangingReceiver() { ::close(fd_); }
  const std::string& url() const { return url_; }

 private:
  int fd_;
  std::string url_;
};

void make_spans(const Providers& providers, int count) {
  for (int i = 0; i < count; ++i) {
    Span span(providers.instrumentation().tracer, {"s", ""}, SpanKind::kInternal, {});
  }
}

TEST(Providers, WithNobodyToSeeItNothingIsMeasured) {
  const Providers providers{Options{}};
  EXPECT_FALSE(providers.measures());
  EXPECT_EQ(providers.instrumentation().tracer, nullptr);
  EXPECT_NE(providers.instrumentation().instruments, nullptr);
  EXPECT_EQ(providers.log_records(), nullptr);
  EXPECT_EQ(providers.prometheus_text(), "");
}

TEST(Providers, TheEnvironmentNamesReceiverAndService) {
  ::setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", 1);
  ::setenv("OTEL_SERVICE_NAME", "from-environment", 1);
  Options options;
  options.prometheus = true;
  const Providers providers{options};
  EXPECT_TRUE(providers.measures());
  EXPECT_NE(providers.instrumentation().tracer, nullptr);
  EXPECT_THAT(providers.prometheus_text(), testing::HasSubstr("service_name=\"from-environment\""));
  options.service_name = "from-file";
  EXPECT_THAT(Providers{options}.prometheus_text(),
              testing::HasSubstr("service_name=\"from-file\""));
  ::unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  ::unsetenv("OTEL_SERVICE_NAME");
}

TEST(Providers, TheEnvironmentCanSwitchEverythingOff) {
  ::setenv("OTEL_SDK_DISABLED", "true", 1);
  Options options;
  options.endpoint = "http://127.0.0.1:1";
  options.prometheus = true;
  const Providers disabled{options};
  ::unsetenv("OTEL_SDK_DISABLED");
  EXPECT_FALSE(disabled.measures());
  EXPECT_FALSE(disabled.serves_prometheus());
  EXPECT_EQ(disabled.log_records(), nullptr);
}

TEST(Providers, TheEnvironmentChoosesTheSampler) {
  ::setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio", 1);
  ::setenv("OTEL_TRACES_SAMPLER_ARG", "0.25", 1);
  ::setenv("OTEL_METRIC_EXPORT_INTERVAL", "soon", 1);
  const Options options = with_environment({});
  ::unsetenv("OTEL_TRACES_SAMPLER");
  ::unsetenv("OTEL_TRACES_SAMPLER_ARG");
  ::unsetenv("OTEL_METRIC_EXPORT_INTERVAL");
  EXPECT_EQ(options.sampling_ratio, 0.25);
  EXPECT_EQ(options.metric_interval, Options{}.metric_interval);
}

TEST(Providers, AReceiverThatHangsDelaysNeitherCallsNorTheExit) {
  const HangingReceiver receiver;
  Options options;
  options.endpoint = receiver.url();
  options.export_timeout = milliseconds(300);
  options.queue_size = 1'000;
  Providers providers{options};
  const Stopwatch making;
  make_spans(providers, 2'000);  // more than the queue holds
  EXPECT_LT(making.elapsed(), std::chrono::seconds(5));
  const Stopwatch stopping;
  providers.shutdown(milliseconds(300));
  EXPECT_LT(stopping.elapsed(), std::chrono::seconds(5));
  EXPECT_GT(providers.lost(), 0u);
}

TEST(Providers, AReceiverThatIsDownIsReportedOnce) {
  std::atomic<int> reports{0};
  Options options;
  options.endpoint = "http://user:password@127.0.0.1:1/otlp?token=x";
  options.metrics = options.logs = false;
  options.queue_size = 1'000;
  options.report = [&](std::string_view line) {
    ++reports;
    EXPECT_THAT(
        std::string(line),
        testing::StartsWith("telemetry cannot be exported (spans to http://127.0.0.1:1/otlp"));
  };
  Providers providers{options};
  make_spans(providers, 3'000);  // several batches
  providers.shutdown(milliseconds(3'000));
  EXPECT_EQ(reports, 1);
}

TEST(Providers, ObservedValuesAreAskedForWhileTheyLive) {
  Options options;
  options.prometheus = true;
  const Providers providers{options};
  std::int64_t depth = 3;
  {
    const auto gauge = observe_gauge(providers.instrumentation(), "larkspur.queue_depth", "Depth",
                                     {{.read = [&] { return depth; }}});
    const auto counter =
        observe_counter(providers.instrumentation(), "larkspur_records", "Records",
                        {{.read = [] { return 7; }, .labels = {{"outcome", "written"}}},
                         {.read = [] { return 1; }, .labels = {{"outcome", "dropped"}}}});
    const std::string text = providers.prometheus_text();
    EXPECT_THAT(text, testing::HasSubstr("# TYPE larkspur_queue_depth gauge\n"
                                         "larkspur_queue_depth 3\n"));
    EXPECT_THAT(text, testing::HasSubstr("larkspur_records_total{outcome=\"dropped\"} 1\n"
                                         "larkspur_records_total{outcome=\"written\"} 7\n"));
    depth = 4;
    EXPECT_THAT(providers.prometheus_text(), testing::HasSubstr("larkspur_queue_depth 4\n"));
  }
  depth = 5;
  EXPECT_THAT(providers.prometheus_text(),
              testing::Not(testing::HasSubstr("larkspur_queue_depth 5")));
}

TEST(Providers, LabelsAreEscapedAndBucketsAreTheSharedOnes) {
  Options options;
  options.prometheus = true;
  const Providers providers{options};
  const Instruments& instruments = *providers.instrumentation().instruments;
  instruments.tool_calls.add(2, Labels().add("tool", "a\"b\\c\nd"));
  instruments.server_duration.record(0.3, Labels().add("mcp.method.name", "x"));
  const std::string text = providers.prometheus_text();
  EXPECT_THAT(text,
              testing::HasSubstr("toolhive_mcp_tool_calls_total{tool=\"a\\\"b\\\\c\\nd\"} 2\n"));
  EXPECT_THAT(text, testing::HasSubstr("mcp_server_operation_duration_seconds_bucket{"
                                       "mcp_method_name=\"x\",le=\"0.2\"} 0\n"));
  EXPECT_THAT(text, testing::HasSubstr("le=\"0.5\"} 1\n"));
  EXPECT_THAT(text, testing::HasSubstr("le=\"300\"} 1\n"));
  EXPECT_THAT(text, testing::HasSubstr("# HELP mcp_server_operation_duration_seconds How long"));
}

}  // namespace
}  // namespace larkspur::telemetry
