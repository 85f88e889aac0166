#include "app/server.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>

#include "app/execution_log.h"
#include "app/execution_resources.h"
#include "app/executions_api.h"
#include "app/incoming_auth.h"
#include "app/kubectl_probe.h"
#include "app/measured_http.h"
#include "app/observed.h"
#include "app/ops_tools.h"
#include "app/query_executions.h"
#include "codemode/engine.h"
#include "codemode/script_tool.h"
#include "gateway/gateway.h"
#include "mcp/server/http_endpoint.h"
#include "mcp/server/stdio_endpoint.h"
#include "net/http_server.h"
#include "net/loops.h"
#include "ops/alibaba/cloud.h"
#include "telemetry/execution_events.h"
#include "telemetry/instruments.h"
#include "telemetry/labels.h"
#include "telemetry/log.h"
#include "telemetry/measured_backend.h"
#include "telemetry/measured_scripts.h"
#include "telemetry/measured_tools.h"
#include "telemetry/providers.h"

namespace larkspur::app {

namespace {

using namespace std::chrono_literals;

// How long a stopping gateway lets running calls finish.
constexpr auto kDrain = 10s;
// How long serving waits for backends that are slow to start; the tools of a slower one come later.
constexpr auto kFirstRound = 10s;

std::size_t loop_count(const config::Config& config) {
  if (config.listen.threads > 0) return config.listen.threads;
  return std::max(1u, std::thread::hardware_concurrency());
}

// How long a stopping gateway waits for what was measured to leave.
constexpr auto kFlush = 3s;

codemode::EngineLimits engine_limits(const config::CodeMode& settings) {
  codemode::EngineLimits limits;
  limits.machine.steps = settings.step_limit;
  limits.machine.memory_bytes = settings.memory_limit;
  limits.machine.host_calls = settings.max_tool_calls;
  limits.machine.parallel = settings.parallel_max_concurrency;
  limits.tool_call_timeout = settings.tool_call_timeout;
  return limits;
}

net::HttpServerOptions http_options(const config::Listen& settings) {
  net::HttpServerOptions options;
  options.address = settings.address;
  options.port = settings.port;
  options.max_body_bytes = settings.max_body_bytes;
  return options;
}

mcp::HttpEndpointOptions endpoint_options(const config::Config& config,
                                          mcp::Authenticator* authenticator) {
  const config::Listen& settings = config.listen;
  mcp::HttpEndpointOptions options;
  options.authenticator = authenticator;
  options.allowed_origins = settings.allowed_origins;
  options.allowed_hosts = settings.allowed_hosts;
  options.keep_alive = config.sessions.keep_alive;
  options.keep = {.stream_bytes = config.sessions.resume_stream_bytes,
                  .total_bytes = config.sessions.resume_total_bytes,
                  .time = config.sessions.resume_time};
  // A page that reaches us under a name of its own (DNS rebinding) has no token.
  options.any_host =
      settings.allowed_hosts.empty() && (settings.allow_remote || authenticator != nullptr);
  if (config.tools.alibaba_cloud.enabled && config.tools.alibaba_cloud.request_credentials) {
    const auto& names = ops::alibaba::kCredentialHeaders;
    options.forward_headers.assign(names.begin(), names.end());
  }
  return options;
}

config::LogApi log_api(const config::Config& config) {
  if (!config.execution_log.enabled) return config::LogApi::kOff;
  if (config.execution_log.http_api != config::LogApi::kAuto) return config.execution_log.http_api;
  const bool others = config.listen.allow_remote || config.incoming_auth.asks_who();
  return others ? config::LogApi::kOff : config::LogApi::kLoopback;
}

telemetry::Options telemetry_options(const config::Telemetry& settings,
                                     std::function<void(std::string_view)> report) {
  telemetry::Options options;
  options.service_name = settings.service_name;
  options.endpoint = settings.endpoint;
  for (const auto& [name, value] : settings.headers) {
    options.headers.emplace_back(name, value.reveal());
  }
  options.sampling_ratio = settings.sampling_rate;
  options.traces = settings.tracing_enabled;
  options.metrics = settings.metrics_enabled;
  options.logs = settings.logs_enabled;
  options.prometheus = settings.enable_prometheus_metrics_path;
  options.report = std::move(report);
  return options;
}

}  // namespace

// In the order in which they are made; they end in the opposite order, so whatever a part uses is
// above it.
struct Server::Parts {
  explicit Parts(config::Config settings)
      : config(std::move(settings)),
        journal(STDERR_FILENO),
        providers(telemetry_options(config.telemetry,
                                    [this](std::string_view line) {
                                      journal.write(telemetry::Level::kWarn, "telemetry.export",
                                                    {{"message", line}});
                                    })),
        loops(loop_count(config)) {
    journal.also_to(providers.log_records());
  }
  ~Parts() {
    // Calls that were cut off while they waited for the disk hear from the log while their loops
    // are still there.
    if (execution_log.log) static_cast<void>(execution_log.log->flush(kFlush));
    if (execution_events) execution_events->flush();  // what was recorded last is sent, too
    providers.shutdown(kFlush);
    observed.clear();
  }

  config::Config config;
  // What the operator reads; before the providers, whose export threads report to it.
  telemetry::Log journal;
  telemetry::Providers providers;
  std::unique_ptr<telemetry::ExecutionEvents> execution_events;
  ExecutionLog execution_log;
  net::Loops loops;
  std::unique_ptr<ExecutionsApi> executions_api;  // its thread posts to the loops
  std::unique_ptr<gateway::Gateway> gateway;
  std::shared_ptr<ops::InstalledKubectl> kubectl = std::make_shared<ops::InstalledKubectl>();
  std::vector<std::unique_ptr<ops::BuiltinLeaf>> ops_tools;
  std::unique_ptr<QueryExecutions> query_tool;  // its thread posts to the loops
  std::unique_ptr<ExecutionResources> execution_resources;
  std::unique_ptr<call::ScriptEngine> engine;
  std::unique_ptr<call::ScriptEngine> measured_engine;
  std::unique_ptr<codemode::ScriptTool> script_tool;
  std::unique_ptr<mcp::auth::ResourceServer> resource_server;
  std::unique_ptr<mcp::HttpEndpoint> endpoint;
  std::unique_ptr<MeasuredHttp> measured_http;
  std::unique_ptr<net::HttpServer> http;
  std::vector<std::unique_ptr<telemetry::Observed>> observed;

  execlog::Log::Options log_options();
  gateway::GatewayParts gateway_parts();
  Result<void> add_ops_tools();
  void add_query_tool();
  void add_script_tool();
  void observe();
  void tell_what_is_served(std::string_view where);
  Async<void> answer(net::HttpRequest& request, net::HttpResponder& responder);
  // The first signal ends things politely, a second one cuts off what still runs.
  void stop_on(asio::signal_set& signals);
  Async<void> stop();

  bool stopping = false;
  bool hurrying = false;
};

execlog::Log::Options Server::Parts::log_options() {
  execlog::Log::Options options;
  options.on_trouble = [this](std::string_view text) {
    journal.write(telemetry::Level::kError, "execution_log.trouble", {{"message", text}});
  };
  options.on_notice = [this](std::string_view text) {
    journal.write(telemetry::Level::kWarn, "execution_log.notice", {{"message", text}});
  };
  if (auto* records = providers.log_records(); records != nullptr && config.execution_log.enabled) {
    execution_events = std::make_unique<telemetry::ExecutionEvents>(*records);
    options.on_written = [this](execlog::Record record) {
      execution_events->push(std::move(record));
    };
  }
  if (!providers.measures()) return options;
  const auto* instruments = providers.instrumentation().instruments;
  options.on_write = [instruments](std::chrono::nanoseconds elapsed) {
    instruments->log_write_duration.record(telemetry::seconds(elapsed), telemetry::Labels());
  };
  return options;
}

gateway::GatewayParts Server::Parts::gateway_parts() {
  gateway::GatewayParts parts;
  parts.log = execution_log.log.get();
  parts.capture = execution_log.capture.get();
  parts.report = [this](std::string_view backend, std::string_view line) {
    journal.write(telemetry::Level::kInfo, backend.empty() ? "gateway.notice" : "backend.output",
                  {{"backend", backend}, {"message", line}});
  };
  if (!providers.measures()) return parts;
  parts.measure_tools = [this](call::ToolSource& next) {
    return std::make_unique<telemetry::MeasuredTools>(next, providers.instrumentation(),
                                                      config.name);
  };
  parts.measure_backend = [this](call::BackendClient& next) {
    return std::make_unique<telemetry::MeasuredBackend>(next, providers.instrumentation());
  };
  parts.observe_api_call =
      [instruments = providers.instrumentation().instruments](const execlog::ApiCall& call) {
        instruments->external_duration.record(telemetry::seconds(call.elapsed),
                                              telemetry::Labels()
                                                  .add("kind", to_string(call.kind()))
                                                  .add("api", call.api)
                                                  .add("status", to_string(call.status)));
      };
  return parts;
}

Result<void> Server::Parts::add_ops_tools() {
  auto made = make_ops_tools(config, kubectl);
  if (!made) return fail(std::move(made.error()));
  ops_tools = std::move(*made);
  for (const auto& each : ops_tools) gateway->add_tool({each->facts(), each.get()});
  return {};
}

void Server::Parts::add_query_tool() {
  const config::ExecutionLog& settings = config.execution_log;
  if (!settings.enabled || settings.query_tool == config::LogTool::kOff) return;
  query_tool = std::make_unique<QueryExecutions>(log_directory(settings), settings.query_tool);
  gateway->add_tool({query_tool->facts(), query_tool.get()});
  execution_resources =
      std::make_unique<ExecutionResources>(log_directory(settings), settings.query_tool);
  gateway->add_content({std::string(ExecutionResources::kScheme), execution_resources.get()});
}

void Server::Parts::add_script_tool() {
  if (!config.code_mode.enabled) return;
  engine = std::make_unique<codemode::Engine>(gateway->path(), engine_limits(config.code_mode));
  call::ScriptEngine* seen = engine.get();
  if (providers.measures() || config.telemetry.logs_enabled) {
    measured_engine = std::make_unique<telemetry::MeasuredScripts>(
        *engine, providers.instrumentation(), config.telemetry.logs_enabled ? &journal : nullptr);
    seen = measured_engine.get();
  }
  script_tool = std::make_unique<codemode::ScriptTool>(gateway->path(), *seen);
  auto facts = std::make_shared<call::Tool>();
  facts->name = call::kScriptToolName;
  facts->source = call::kOwnSource;
  facts->timeout = config.code_mode.script_timeout;
  facts->for_scripts = false;  // a script that starts scripts would escape its own limits
  gateway->add_tool({std::move(facts), script_tool.get()});
}

void Server::Parts::observe() {
  if (!providers.measures()) return;
  observed = observe_program({.with = providers.instrumentation(),
                              .config = config,
                              .providers = providers,
                              .journal = journal,
                              .keeper = gateway->keeper(),
                              .log = execution_log.log.get(),
                              .http = http.get(),
                              .measured_http = measured_http.get(),
                              .gateway = *gateway,
                              .endpoint = endpoint.get()});
}

void Server::Parts::tell_what_is_served(std::string_view where) {
  std::int64_t up = 0;
  for (const gateway::BackendState& each : gateway->keeper().states()) up += each.up;
  journal.write(telemetry::Level::kInfo, "gateway.serving",
                {{"url", where},
                 {"version", LARKSPUR_VERSION},
                 {"backends", static_cast<std::int64_t>(config.backends.size())},
                 {"backends_up", up},
                 {"code_mode", config.code_mode.enabled},
                 {"execution_log", config.execution_log.enabled}});
  if (config.tools.kubectl.enabled) {
    asio::co_spawn(loops[0], probe_kubectl(config.tools.kubectl.command, kubectl, journal),
                   asio::detached);
  }
}

Async<void> Server::Parts::answer(net::HttpRequest& request, net::HttpResponder& responder) {
  if (request.path() == config.listen.path) {
    co_await (measured_http ? measured_http->handle(request, responder)
                            : endpoint->handle(request, responder));
  } else if (resource_server && resource_server->is_metadata_path(request.path()) &&
             request.method == "GET") {
    // Public, for pages of any origin: it tells where to get a token (RFC 9728 section 3).
    net::HttpResponse metadata{200,
                               {{"Content-Type", "application/json"},
                                {"Access-Control-Allow-Origin", "*"},
                                {"Cache-Control", "max-age=3600"}},
                               resource_server->metadata()};
    co_await responder.send(std::move(metadata));
  } else if (executions_api && ExecutionsApi::is_for(request.path())) {
    co_await responder.send(co_await executions_api->answer(request));
  } else if (request.path() == "/health" && request.method == "GET") {
    const Health health = health_of(execution_log.log.get(), config.execution_log.when_unwritable);
    co_await responder.send(
        {health.status, {{"Content-Type", "application/json"}}, std::string(health.json)});
  } else if (request.path() == "/metrics" && request.method == "GET" &&
             providers.serves_prometheus()) {
    net::HttpResponse metrics{
        200, {{"Content-Type", std::string(telemetry::Providers::kPrometheusContentType)}}, ""};
    metrics.body = providers.prometheus_text();
    co_await responder.send(std::move(metrics));
  } else {
    net::HttpResponse missing{404, {{"Content-Type", "text/plain; charset=utf-8"}}, ""};
    missing.body = "Nothing here. MCP is at " + config.listen.path + ".\n";
    co_await responder.send(std::move(missing));
  }
}

void Server::Parts::stop_on(asio::signal_set& signals) {
  signals.async_wait([this, &signals](const boost::system::error_code& error, int) {
    if (error) return;
    if (hurrying || (stopping && !http)) return loops.stop();
    // Connections that are cut off end their calls in order; the first stop() then goes on.
    hurrying = stopping;
    asio::co_spawn(loops[0], hurrying ? http->shutdown(0s) : stop(), asio::detached);
    stop_on(signals);
  });
}

Async<void> Server::Parts::stop() {
  if (std::exchange(stopping, true)) co_return;
  if (endpoint) endpoint->stop();
  if (http) co_await http->shutdown(kDrain);
  co_await gateway->close();
  loops.stop();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::create(config::Config config) {
  auto parts = std::make_unique<Parts>(std::move(config));
  auto log = open_execution_log(parts->config.execution_log, parts->log_options());
  if (!log) return fail(std::move(log.error()));
  parts->execution_log = std::move(*log);
  parts->gateway =
      std::make_unique<gateway::Gateway>(parts->loops, parts->config, parts->gateway_parts());
  if (auto added = parts->add_ops_tools(); !added) return fail(std::move(added.error()));
  parts->add_query_tool();
  parts->add_script_tool();
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Result<void> Server::serve_http() {
  Parts& parts = *parts_;
  parts.resource_server = make_resource_server(parts.config, [&parts](std::string_view line) {
    parts.journal.write(telemetry::Level::kError, "auth.trouble", {{"message", line}});
  });
  parts.endpoint = std::make_unique<mcp::HttpEndpoint>(
      parts.gateway->handler(), parts.gateway->sessions(), parts.gateway->changes(),
      endpoint_options(parts.config, parts.resource_server.get()));
  if (parts.providers.measures()) {
    parts.measured_http = std::make_unique<MeasuredHttp>(
        *parts.endpoint, *parts.gateway, parts.providers.instrumentation(), parts.config.name);
  }
  if (const config::LogApi who = log_api(parts.config); who != config::LogApi::kOff) {
    parts.executions_api = std::make_unique<ExecutionsApi>(
        log_directory(parts.config.execution_log), who, endpoint_options(parts.config, nullptr));
  }
  parts.http = std::make_unique<net::HttpServer>(
      parts.loops, http_options(parts.config.listen),
      [&parts](net::HttpRequest& request, net::HttpResponder& responder) {
        return parts.answer(request, responder);
      });

  asio::signal_set signals(parts.loops[0], SIGINT, SIGTERM);
  parts.stop_on(signals);

  parts.observe();
  Result<void> listening;
  const auto begin = [&]() -> Async<void> {
    co_await parts.gateway->keeper().first_round(kFirstRound);
    listening = parts.http->listen();
    if (!listening) {
      co_await parts.stop();
      co_return;
    }
    parts.tell_what_is_served("http://" + parts.config.listen.address + ":" +
                              std::to_string(parts.http->port()) + parts.config.listen.path);
  };
  parts.gateway->start();
  asio::co_spawn(parts.loops[0], begin(), asio::detached);
  parts.loops.run();
  return listening;
}

Result<void> Server::serve_stdio() {
  Parts& parts = *parts_;
  const auto session = [&]() -> Async<void> {
    co_await parts.gateway->keeper().first_round(kFirstRound);
    parts.tell_what_is_served("stdio");
    co_await mcp::serve_stdio(parts.gateway->handler(), parts.gateway->changes(), 0, 1);
    co_await parts.stop();
  };
  asio::signal_set signals(parts.loops[0], SIGINT, SIGTERM);
  parts.stop_on(signals);
  parts.observe();
  parts.gateway->start();
  asio::co_spawn(parts.loops[0], session(), asio::detached);
  parts.loops.run();
  return {};
}

}  // namespace larkspur::app
