#include "config/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <set>

#include "base/text.h"

namespace larkspur::config {

namespace {

constexpr std::string_view kWorkloadMark = "{workload}";

bool is_name(std::string_view text, std::size_t max) {
  constexpr auto kAllowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !text.empty() && text.size() <= max && std::ranges::all_of(text, kAllowed);
}

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// One run over one configuration; what all rules need is at hand.
class Validation {
 public:
  Validation(Config& config, const Places& places, Report& report)
      : config_(config), places_(places), report_(report) {
    for (const Backend& backend : config_.backends) backend_names_.push_back(backend.name);
  }

  void run() {
    if (config_.name.empty()) problem("name", "name must not be empty");
    check_listen();
    validate_incoming_auth(config_, places_, report_);
    check_backends();
    check_aggregation();
    check_priority_order();
    check_kubectl();
    check_prometheus();
    check_alibaba_cloud();
    if (!config_.telemetry.endpoint.empty() && !is_http_url(config_.telemetry.endpoint)) {
      problem("telemetry.endpoint",
              fmt::format("telemetry.endpoint must begin with http:// or https://, not {}",
                          in_quotes(config_.telemetry.endpoint)));
    }
  }

 private:
  void problem(const std::string& path, std::string_view message) {
    report_.problem(places_.at(path), message);
  }

  void check_listen();
  void check_backends();
  void check_aggregation();
  void check_tools(const WorkloadTools& tools, const std::string& path);
  void check_priority_order();
  void check_kubectl();
  void check_prometheus();
  void check_alibaba_cloud();

  // Reports `name` unless it is a backend.
  void expect_backend(const std::string& name, const std::string& path) {
    if (std::ranges::find(backend_names_, name) != backend_names_.end()) return;
    problem(path, fmt::format("no backend is named {}{}", in_quotes(name),
                              did_you_mean(name, backend_names_)));
  }

  Config& config_;
  const Places& places_;
  Report& report_;
  std::vector<std::string_view> backend_names_;
};

void Validation::check_listen() {
  const Listen& listen = config_.listen;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(listen.address, error);
  if (error) {
    problem("listen.address",
            fmt::format("listen.address must be an IP address such as 127.0.0.1 or ::1, not {}",
                        in_quotes(listen.address)));
  } else if (!address.is_loopback() && !listen.allow_remote && !config_.incoming_auth.asks_who()) {
    problem("listen.address",
            fmt::format("listen.address {} can be reached by other machines, and nobody asks who "
                        "they are; use 127.0.0.1, or configure incomingAuth, or set "
                        "listen.allowRemote: true when something in front of Larkspur asks",
                        listen.address));
  }
  if (!listen.path.starts_with('/') || !is_visible_ascii(listen.path) ||
      listen.path.find_first_of("?#") != std::string::npos) {
    problem("listen.path", fmt::format("listen.path must begin with '/' and hold no space, '?' or "
                                       "'#', not {}",
                                       in_quotes(listen.path)));
  }
  if (listen.path == "/metrics" && config_.telemetry.enable_prometheus_metrics_path) {
    problem("listen.path",
            "listen.path is /metrics, where Prometheus text is served; choose "
            "another, or set telemetry.enablePrometheusMetricsPath: false");
  }
  for (std::size_t i = 0; i < listen.allowed_origins.size(); ++i) {
    const std::string& origin = listen.allowed_origins[i];
    const bool has_path = origin.find('/', origin.find("://") + 3) != std::string::npos;
    if (!is_http_url(origin) || has_path) {
      problem(fmt::format("listen.allowedOrigins[{}]", i),
              fmt::format("an origin is a scheme, a host and perhaps a port, such as "
                          "https://app.example, not {}",
                          in_quotes(origin)));
    }
  }
}

void Validation::check_backends() {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < config_.backends.size(); ++i) {
    Backend& backend = config_.backends[i];
    const std::string path = fmt::format("backends[{}]", i);
    const bool known = places_.has(path);  // else it came from another file, and was checked there
    if (known) {
      validate_backend(backend, path, places_.has(path + ".transport"), places_, report_);
    }
    if (!backend.name.empty() && !seen.insert(backend.name).second) {
      problem(known ? path + ".name" : "backends",
              fmt::format("two backends are named {}; names must differ", in_quotes(backend.name)));
    }
  }
}

void Validation::check_aggregation() {
  const Aggregation& aggregation = config_.aggregation;
  const std::string& format = aggregation.conflict_resolution_config.prefix_format;
  std::string rest = format;
  const std::size_t mark = rest.find(kWorkloadMark);
  if (mark != std::string::npos) rest.erase(mark, kWorkloadMark.size());
  if (mark == std::string::npos || (!rest.empty() && !is_name(rest, 32))) {
    problem("aggregation.conflictResolutionConfig.prefixFormat",
            fmt::format("prefixFormat must hold {{workload}} once, and besides it only letters, "
                        "digits, '_', '.' and '-', such as '{{workload}}_', not {}",
                        in_quotes(format)));
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < aggregation.tools.size(); ++i) {
    const WorkloadTools& tools = aggregation.tools[i];
    const std::string path = fmt::format("aggregation.tools[{}]", i);
    if (tools.workload.empty()) continue;  // reported as a missing key
    if (!seen.insert(tools.workload).second) {
      problem(path + ".workload",
              fmt::format("{} has an entry already; join the two", in_quotes(tools.workload)));
    }
    expect_backend(tools.workload, path + ".workload");
    check_tools(tools, path);
  }
}

void Validation::check_tools(const WorkloadTools& tools, const std::string& path) {
  if (tools.exclude_all && (!tools.filter.empty() || !tools.overrides.empty())) {
    report_.warning(places_.at(path + ".excludeAll"),
                    "excludeAll makes filter and overrides of this entry useless");
  }
  std::set<std::string_view> names;
  for (const auto& [tool, change] : tools.overrides) {
    const std::string place = fmt::format("{}.overrides.{}", path, tool);
    if (change.name.empty() && change.description.empty()) {
      problem(place, fmt::format("the override of {} changes nothing; give it a name or a "
                                 "description",
                                 in_quotes(tool)));
    } else if (!change.name.empty() && !is_name(change.name, 128)) {
      problem(place + ".name",
              fmt::format("{} is no tool name: letters, digits, '_', '.' and '-', at most 128",
                          in_quotes(change.name)));
    } else if (!change.name.empty() && !names.insert(change.name).second) {
      problem(place + ".name", fmt::format("two tools of {} would be named {}",
                                           in_quotes(tools.workload), in_quotes(change.name)));
    }
    if (!tools.filter.empty() && std::ranges::find(tools.filter, tool) == tools.filter.end()) {
      report_.warning(places_.at(place), fmt::format("{} is overridden but filter leaves it out; "
                                                     "filter takes the backend's own names",
                                                     in_quotes(tool)));
    }
  }
}

void Validation::check_priority_order() {
  const Aggregation& aggregation = config_.aggregation;
  const auto& order = aggregation.conflict_resolution_config.priority_order;
  const std::string path = "aggregation.conflictResolutionConfig.priorityOrder";
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::string place = fmt::format("{}[{}]", path, i);
    expect_backend(order[i], place);
    if (!seen.insert(order[i]).second) {
      problem(place, fmt::format("{} stands twice in priorityOrder", in_quotes(order[i])));
    }
  }
  if (!order.empty() && aggregation.conflict_resolution != ConflictStrategy::kPriority) {
    report_.warning(places_.at(path),
                    "priorityOrder has no effect unless conflictResolution is priority");
  }
}

void Validation::check_kubectl() {
  const KubectlTools& kubectl = config_.tools.kubectl;
  const bool from_ack = kubectl.kubeconfig_mode == KubeconfigMode::kAckPublic ||
                        kubectl.kubeconfig_mode == KubeconfigMode::kAckPrivate;
  if (kubectl.enabled && from_ack && !config_.tools.alibaba_cloud.enabled) {
    problem("tools.kubectl.kubeconfigMode",
            "this kubeconfigMode asks Alibaba Cloud for credentials; set "
            "tools.alibabaCloud.enabled: true, or use LOCAL or INCLUSTER");
  }
  if (kubectl.kubeconfig_mode != KubeconfigMode::kLocal &&
      (!kubectl.kubeconfig.empty() || !kubectl.context.empty())) {
    report_.warning(places_.at("tools.kubectl"),
                    "kubeconfig and context have no effect unless kubeconfigMode is LOCAL");
  }
  for (std::size_t i = 0; i < kubectl.raw_paths.size(); ++i) {
    const std::string& path = kubectl.raw_paths[i];
    if (path.starts_with('/') && is_visible_ascii(path) && !path.contains('%')) continue;
    problem(fmt::format("tools.kubectl.rawPaths[{}]", i),
            fmt::format("{} is no path: it begins with '/' and holds no '%' and no space",
                        in_quotes(path)));
  }
}

void Validation::check_alibaba_cloud() {
  const AlibabaCloudTools& cloud = config_.tools.alibaba_cloud;
  for (const auto& [service, url] : cloud.endpoints) {
    const std::string path = "tools.alibabaCloud.endpoints." + service;
    if (!is_http_url(url)) {
      problem(path,
              fmt::format("{} must begin with http:// or https://, not {}", path, in_quotes(url)));
    } else if (url.ends_with('/')) {
      problem(path, fmt::format("{} must not end with '/'", path));
    }
    const std::string_view name = std::string_view(service).substr(0, service.find('.'));
    constexpr std::array<std::string_view, 5> kServices{"cs", "arms", "sts", "sls", "metadata"};
    if (std::ranges::find(kServices, name) == kServices.end()) {
      problem(path, fmt::format("there is no service {}; the services are cs, arms, sts, sls and "
                                "metadata",
                                in_quotes(name)));
    }
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < cloud.credentials.size(); ++i) {
    if (seen.insert(cloud.credentials[i].principal).second) continue;
    problem(fmt::format("tools.alibabaCloud.credentials[{}].principal", i),
            fmt::format("{} has credentials already", in_quotes(cloud.credentials[i].principal)));
  }
}

void Validation::check_prometheus() {
  const PrometheusTools& prometheus = config_.tools.prometheus;
  const std::string path = "tools.prometheus";
  const auto check_url = [&](const std::string& url, const std::string& place) {
    if (url.empty() || is_http_url(url)) return;
    problem(place, fmt::format("{} must begin with http:// or https://", in_quotes(url)));
  };
  check_url(prometheus.endpoint, path + ".endpoint");
  for (const auto& [cluster, url] : prometheus.endpoints) {
    check_url(url, fmt::format("{}.endpoints.{}", path, cluster));
  }
  const auto need = [&](const std::string& name, std::string_view auth) {
    if (prometheus.credentials.contains(name)) return;
    problem(path + ".auth", fmt::format("auth: {} needs {}.credentials.{}", auth, path, name));
  };
  if (prometheus.auth == PrometheusAuth::kToken) need("token", "token");
  if (prometheus.auth == PrometheusAuth::kBasic) {
    need("username", "basic");
    need("password", "basic");
  }
  const bool needs_alibaba =
      prometheus.auth == PrometheusAuth::kRam || prometheus.endpoint_mode != PrometheusMode::kLocal;
  if (prometheus.enabled && needs_alibaba && !config_.tools.alibaba_cloud.enabled) {
    problem(path, "endpointMode ARMS_... and auth: ram need tools.alibabaCloud.enabled: true");
  }
}

}  // namespace

bool is_http_url(std::string_view text) {
  const std::string_view scheme = text.starts_with("https://") ? "https://" : "http://";
  if (!text.starts_with(scheme) || !is_visible_ascii(text)) return false;
  const std::string_view rest = text.substr(scheme.size());
  return !rest.empty() && rest.front() != '/' && rest.front() != ':';
}

void validate(Config& config, const Places& places, Report& report) {
  Validation(config, places, report).run();
}

void validate_backend(Backend& backend, const std::string& path, bool transport_given,
                      const Places& places, Report& report) {
  const auto problem = [&](std::string_view key, std::string_view message) {
    report.problem(places.at(fmt::format("{}.{}", path, key)), message);
  };
  if (!backend.name.empty() && !is_name(backend.name, 64)) {
    problem("name", fmt::format("{} is no backend name: letters, digits, '_', '.' and '-', at most "
                                "64",
                                in_quotes(backend.name)));
  }
  if (backend.name == "larkspur") {
    problem("name", "the name 'larkspur' is taken by the tools that Larkspur has itself");
  }
  if (!transport_given && !backend.command.empty()) backend.transport = Transport::kStdio;

  const bool stdio = backend.transport == Transport::kStdio;
  const std::string_view kind = stdio                                  ? "stdio"
                                : backend.transport == Transport::kSse ? "sse"
                                                                       : "streamable-http";
  const auto refuse = [&](bool given, std::string_view key) {
    if (!given) return;
    problem(key, fmt::format(
                     "'{}' does not belong to backends of transport {}; they have {}", key, kind,
                     stdio ? "command, args, env and workingDirectory" : "url, headers and oauth"));
  };
  if (stdio) {
    if (backend.command.empty()) problem("transport", "a stdio backend needs a 'command'");
    refuse(!backend.url.empty(), "url");
    refuse(!backend.headers.empty(), "headers");
    refuse(backend.oauth.grant != OAuthGrant::kNone, "oauth");
  } else {
    if (backend.url.empty()) {
      problem("transport",
              transport_given ? fmt::format("{} backend needs a 'url'",
                                            kind == "sse" ? "an sse" : "a streamable-http")
                              : "a backend needs a 'url' (streamable-http) or a 'command' (stdio)");
    } else if (!is_http_url(backend.url)) {
      problem("url", fmt::format("url must begin with http:// or https://, not {}",
                                 in_quotes(backend.url)));
    }
    validate_oauth(backend, path, places, report);
    refuse(!backend.command.empty(), "command");
    refuse(!backend.args.empty(), "args");
    refuse(!backend.env.empty(), "env");
    refuse(!backend.working_directory.empty(), "workingDirectory");
  }
}

}  // namespace larkspur::config
