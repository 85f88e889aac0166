#include "gateway/gateway.h"

#include "gateway/path/limits.h"
#include "gateway/path/recorded_tools.h"

namespace larkspur::gateway {

namespace {

mcp::ServerIdentity identity_of(const config::Config& config) {
  mcp::ServerIdentity identity;
  identity.server = {config.name, LARKSPUR_VERSION};
  // The gateway's own, whatever its backends can do now: they come and go, and a session negotiates
  // only once. What nobody has is an empty list.
  constexpr std::string_view kInBothEras =
      R"({"tools":{"listChanged":true},"prompts":{"listChanged":true},)"
      R"("resources":{"subscribe":true,"listChanged":true},"completions":{},"logging":{},)";
  identity.capabilities = kInBothEras;
  identity.capabilities += R"("tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}})";
  identity.modern_capabilities = kInBothEras;
  identity.modern_capabilities += R"("extensions":{")";
  identity.modern_capabilities += kTasksExtension;
  identity.modern_capabilities += R"(":{}}})";
  if (config.code_mode.enabled) {
    identity.instructions =
        "Several tool calls that belong together are best made in one go: send a Starlark script "
        "to "
        "execute_tool_script, whose description lists what it can call.";
  }
  return identity;
}

}  // namespace

Gateway::Gateway(net::Loops& loops, const config::Config& config, GatewayParts parts)
    : config_(config),
      parts_(std::move(parts)),
      streams_(loops),
      sessions_(loops, streams_,
                {.idle = config.sessions.idle_timeout, .count = config.sessions.max_count}),
      board_(loops) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    http_.push_back(std::make_unique<net::HttpClient>(loops.executor(i)));
  }

  const BackendHooks hooks = {
      .log = parts_.report,
      .changed = [this](std::string_view backend) { keeper_->changed(backend); },
      .resource_updated = [this](std::string_view,
                                 std::string_view params) { subscriptions_->updated(params); }};
  std::vector<Backend*> watched;
  std::vector<call::BackendClient*> clients;
  for (const config::Backend& settings : config.backends) {
    const std::size_t home = backends_.size() % loops.size();
    backends_.push_back(
        std::make_unique<Backend>(loops, http_, home, settings, config.limits, seal_, hooks));
    watched.push_back(backends_.back().get());
    clients.push_back(backends_.back().get());
    if (parts_.measure_backend) {
      measured_backends_.push_back(parts_.measure_backend(*clients.back()));
      clients.back() = measured_backends_.back().get();
    }
  }

  const auto& rules = config.incoming_auth.rules;
  policy_ = rules.empty() ? std::unique_ptr<Policy>(std::make_unique<AllowAll>())
                          : std::make_unique<RulePolicy>(rules);
  content_ = std::make_unique<RoutedContent>(board_, *policy_, clients);
  content_steps_.push_back(
      std::make_unique<LimitedTools>(*content_, config.limits.request_timeout));
  if (parts_.log != nullptr) {
    content_steps_.push_back(std::make_unique<RecordedTools>(
        *content_steps_.back(), *parts_.log, parts_.capture, parts_.observe_api_call));
  }
  subscriptions_ = std::make_unique<Subscriptions>(loops, streams_, *content_);
  for (const auto& backend : backends_) subscriptions_->add(*backend);
  parked_ = std::make_unique<ParkedCalls>(loops, seal_);
  tasks_ = std::make_unique<Tasks>(loops, streams_, TaskLimits{.ttl = config.limits.task_ttl});
  sessions_.set_on_end([this](const std::string& id) {
    subscriptions_->end_session(id);
    tasks_->end_session(id);
  });

  router_ = std::make_unique<RoutedTools>(board_, std::move(clients), outside_);
  steps_.push_back(std::make_unique<LimitedTools>(*router_, config.limits.request_timeout));
  steps_.push_back(std::make_unique<AdmittedTools>(*steps_.back(), *policy_, *this));
  if (parts_.measure_tools) steps_.push_back(parts_.measure_tools(*steps_.back()));
  if (parts_.log != nullptr) {
    steps_.push_back(std::make_unique<RecordedTools>(*steps_.back(), *parts_.log, parts_.capture,
                                                     parts_.observe_api_call));
  }
  door_ = steps_.back().get();

  keeper_ = std::make_unique<CatalogKeeper>(
      loops, config_, std::move(watched), board_,
      [this](std::string_view method) { streams_.broadcast(method); },
      [this](std::string_view problem) { parts_.report("", problem); });
  handler_ =
      std::make_unique<ProtocolHandler>(identity_of(config), board_,
                                        CallDoors{*door_, *this, *content_steps_.back(), *content_,
                                                  LogInResult(config.execution_log.in_result)},
                                        *subscriptions_, *parked_, *tasks_);
}

Gateway::~Gateway() = default;

Gateway::Counts Gateway::counts() const {
  Counts counts{.sessions = sessions_.count(), .parked_calls = parked_->count()};
  for (const auto& backend : backends_) counts.backend_calls += backend->in_flight();
  return counts;
}

std::shared_ptr<const std::vector<mcp::ParamHeader>> Gateway::param_headers(
    const mcp::Identity& who, std::string_view published_name) const {
  const auto catalog = board_.current();
  const CatalogEntry* entry = catalog->find(published_name);
  if (entry == nullptr || !entry->param_headers) return nullptr;
  call::Caller caller;
  caller.principal = who.principal;
  caller.issuer = who.issuer;
  caller.scopes = who.scopes;
  const bool may = entry->tool->for_clients && policy_->allows(caller, *entry->tool);
  return may ? entry->param_headers : nullptr;
}

Async<void> Gateway::close() {
  streams_.end_all();
  co_await parked_->close(std::chrono::seconds(2));
  co_await tasks_->close(std::chrono::seconds(2));
  for (const auto& backend : backends_) co_await backend->close();
}

}  // namespace larkspur::gateway
