#include "ops/prometheus/query_tool.h"

#include <fmt/format.h>

#include "base/text.h"
#include "execlog/redaction/redaction.h"
#include "json/writer.h"
#include "ops/prometheus/query_plan.h"

namespace larkspur::ops {

namespace {

using namespace std::chrono_literals;

constexpr int kMaxAttempts = 3;
constexpr auto kFirstPause = 200ms;  // doubles

ToolSpec make_spec(const PrometheusOptions& options) {
  return {
      .name = "query_prometheus",
      .title = "Prometheus query",
      .description =
          "Runs a PromQL query. Without start_time it asks for one instant (now, or end_time); "
          "with start_time for "
          "a range up to end_time or now. Each series of the result has its labels and its values "
          "as [unix time, "
          "\"value\"]. query_prometheus_metric_guidance has metrics and example queries.",
      .parameters =
          {{.name = "promql",
            .description =
                "The query, such as: sum by (pod) (rate(container_cpu_usage_seconds_total[5m]))",
            .required = true,
            .max_bytes = 16 * 1024},
           {.name = "cluster_id",
            .description = "Which cluster's Prometheus to ask.",
            .required = options.needs_cluster,
            .pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"},
           {.name = "start_time",
            .type = ParameterType::kTime,
            .description = "Begin of the range: 30m or 24h ago, ISO 8601, or Unix seconds."},
           {.name = "end_time",
            .type = ParameterType::kTime,
            .description = "Its end, in the same forms; now if left out."},
           {.name = "step",
            .type = ParameterType::kTime,
            .description = "Time between the points of a range, such as 30s or 5m. Left out: a "
                           "250th of the range, at least 15s.",
            .max_bytes = 64}},
      .output =
          {{"resultType", R"({"type":"string","description":"vector, matrix, scalar or string"})"},
           {"result",
            R"({"type":"array","items":{"type":"object","properties":{"metric":{"type":"object"},"values":{"type":"array"},"histograms":{"type":"array"}},"required":["metric","values"]}})"},
           {"warnings", R"({"type":"array","items":{"type":"string"}})"},
           {"series_count",
            R"({"type":"integer","description":"In Prometheus's answer, before any limit."})"},
           {"sample_count", R"({"type":"integer"})"},
           {"truncated",
            R"({"type":"boolean","description":"The result was cut to the limits; aggregate or narrow the query."})"}},
      .timeout = options.timeout + 10s,
      .scope_argument = "cluster_id"};
}

bool is_passing(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

std::string structured(const PrometheusAnswer& answer) {
  json::Writer writer(answer.result.size() + 256);
  writer.begin_object().key("resultType").string(answer.result_type);
  writer.key("result").raw(answer.result).key("warnings").begin_array();
  for (const std::string& each : answer.warnings) writer.string(each);
  writer.end_array();
  writer.key("series_count").integer(static_cast<std::int64_t>(answer.series));
  writer.key("sample_count").integer(static_cast<std::int64_t>(answer.samples));
  writer.key("truncated").boolean(answer.truncated).end_object();
  return writer.take();
}

class QueryTool : public BuiltinTool {
 public:
  QueryTool(PrometheusOptions options, std::shared_ptr<EndpointSource> endpoints,
            std::shared_ptr<Authorization> authorization)
      : options_(options),
        spec_(make_spec(options_)),
        endpoints_(std::move(endpoints)),
        authorization_(std::move(authorization)) {}

  const ToolSpec& spec() const override { return spec_; }
  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override;

 private:
  // Tries until an answer of some worth is there, or patience is over.
  Async<Result<call::HttpAnswer>> ask(call::HttpExchange& exchange, call::HttpAsk ask) const;
  ToolReply judge(call::HttpExchange& exchange, call::HttpAnswer answer) const;

  PrometheusOptions options_;
  ToolSpec spec_;
  std::shared_ptr<EndpointSource> endpoints_;
  std::shared_ptr<Authorization> authorization_;
};

Async<ToolReply> QueryTool::run(call::CallContext& context, const Arguments& arguments) {
  const auto plan =
      plan_query(arguments.text("promql"), arguments.text("start_time"), arguments.text("end_time"),
                 arguments.text("step"), options_.timeout, wall_clock_ms());
  if (!plan)
    co_return failed("InvalidArgument", FailureStage::kValidateInput, plan.error().message);
  const std::string cluster_id(arguments.text("cluster_id"));
  const auto endpoint = co_await endpoints_->find(context, cluster_id);
  if (!endpoint) co_return std::unexpected(endpoint.error());
  const auto authorization = co_await authorization_->value(context);
  if (!authorization) co_return std::unexpected(authorization.error());

  call::ApiCall entry{
      .api = "PrometheusQuery",
      .details = call::PrometheusCall{.query_type = plan->range ? "range" : "instant"}};
  entry.cluster_id = cluster_id;
  call::HttpExchange exchange(context, std::move(entry));
  call::HttpAsk request{.method = "POST",
                        .url = *endpoint + plan->path,
                        .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                                    {"Accept", "application/json"}},
                        .body = plan->form,
                        .max_body_bytes = options_.max_response_bytes,
                        .deadline = SteadyClock::now() + options_.timeout +
                                    2s};  // the server's own timeout comes first
  if (!authorization->empty())
    request.headers.emplace_back("Authorization", authorization->reveal());
  auto answer = co_await ask(exchange, std::move(request));
  const Scrubber scrubber = authorization_scrubber(*authorization);
  scrubber.scrub(exchange.entry().error);  // the beginning of an error page
  if (!answer) co_return failed(answer.error(), FailureStage::kPrometheusQuery);
  scrubber.scrub(*answer);
  co_return judge(exchange, std::move(*answer));
}

Async<Result<call::HttpAnswer>> QueryTool::ask(call::HttpExchange& exchange,
                                               call::HttpAsk ask) const {
  auto pause = kFirstPause;
  for (int attempt = 1;; ++attempt) {
    auto answer = co_await exchange.send(ask);
    if (answer && answer->status == 405 &&
        ask.method == "POST") {  // a proxy that lets only GET through
      ask.method = "GET";
      ask.url += "?" + std::exchange(ask.body, {});
      ask.headers.erase(ask.headers.begin());
      exchange.entry().retry_reasons.emplace_back("http 405: GET instead of POST");
      continue;
    }
    const bool again =
        answer ? is_passing(answer->status) : answer.error().code == ErrorCode::kUnavailable;
    if (!again || attempt == kMaxAttempts) co_return answer;
    const auto waited = co_await exchange.pause(
        pause, answer ? fmt::format("http {}", answer->status) : "unavailable");
    if (!waited) co_return answer;
    pause *= 2;
  }
}

ToolReply QueryTool::judge(call::HttpExchange& exchange, call::HttpAnswer answer) const {
  const auto status_fact =
      std::pair<std::string, execlog::MetadataValue>("http_status", std::int64_t{answer.status});
  const std::string said = execlog::redacted(truncate_utf8(answer.body, 512));
  auto read = read_answer(std::move(answer.body), options_.limits);
  if (read && !*read) {
    PrometheusError error = (*read).error();
    error.message = execlog::redacted(error.message);  // the caller sees it, too
    ToolFailure failure{
        .code = "QueryFailed",
        .message = fmt::format("Prometheus refused the query ({}): {}", error.type, error.message),
        .stage = FailureStage::kPrometheusQuery};
    if (error.type == "timeout") failure.kind = FailureKind::kTimeout;
    failure.facts = {status_fact, {"prometheus_error_type", error.type}};
    exchange.fail(error.type, error.message);
    return std::unexpected(std::move(failure));
  }
  if (!read || answer.status != 200) {
    ToolFailure failure{
        .code = "PrometheusAPIError",
        .message = answer.status == 200
                       ? read.error().message
                       : fmt::format("the Prometheus server answered with HTTP {}: {}",
                                     answer.status, said),
        .stage =
            answer.status == 200 ? FailureStage::kDecodeResponse : FailureStage::kPrometheusQuery};
    if (answer.status == 401 || answer.status == 403) {
      failure.facts.emplace_back("hint", "check tools.prometheus.auth and its credentials");
    }
    failure.facts.push_back(status_fact);
    if (answer.status == 200) exchange.fail("protocol", failure.message);
    return std::unexpected(std::move(failure));
  }
  const PrometheusAnswer& found = **read;
  auto& details = exchange.details<call::PrometheusCall>();
  details.result_type = found.result_type;
  details.series_count = static_cast<std::int64_t>(found.series);
  details.sample_count = static_cast<std::int64_t>(found.samples);
  details.truncated = found.truncated;
  ToolOutput output{.structured = structured(found), .warnings = found.warnings};
  if (found.truncated) {
    output.lacks = fmt::format(
        "the answer has {} series with {} samples; the result was cut to the limits of {} and {}",
        found.series, found.samples, options_.limits.max_series, options_.limits.max_samples);
  }
  return output;
}

}  // namespace

std::unique_ptr<BuiltinTool> make_prometheus_tool(PrometheusOptions options,
                                                  std::shared_ptr<EndpointSource> endpoints,
                                                  std::shared_ptr<Authorization> authorization) {
  return std::make_unique<QueryTool>(options, std::move(endpoints), std::move(authorization));
}

}  // namespace larkspur::ops
