#include "gateway/gateway.h"

#include "gateway/limits.h"
#include "gateway/recorded_tools.h"

namespace larkspur::gateway {

namespace {

mcp::ServerIdentity identity_of(const config::Config& config) {
  mcp::ServerIdentity identity;
  identity.server = {config.name, LARKSPUR_VERSION};
  identity.capabilities = R"({"tools":{"listChanged":true}})";
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
      sessions_(loops, streams_),
      board_(loops) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    http_.push_back(std::make_unique<net::HttpClient>(loops.executor(i)));
  }

  const BackendHooks hooks = {
      .log = parts_.report,
      .tools_changed = [this](std::string_view backend) { keeper_->changed(backend); }};
  std::vector<Backend*> watched;
  std::vector<call::BackendClient*> clients;
  for (const config::Backend& settings : config.backends) {
    const std::size_t home = backends_.size() % loops.size();
    backends_.push_back(
        std::make_unique<Backend>(loops, http_, home, settings, config.limits, hooks));
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
  router_ = std::make_unique<RoutedTools>(board_, std::move(clients), outside_);
  steps_.push_back(std::make_unique<LimitedTools>(*router_, config.limits.request_timeout));
  steps_.push_back(std::make_unique<AdmittedTools>(*steps_.back(), *policy_, *this));
  if (parts_.measure_tools) steps_.push_back(parts_.measure_tools(*steps_.back()));
  if (parts_.log != nullptr) {
    steps_.push_back(
        std::make_unique<RecordedTools>(*steps_.back(), *parts_.log, parts_.capture,
                                        parts_.observe_api_call));
  }
  door_ = steps_.back().get();

  keeper_ = std::make_unique<CatalogKeeper>(
      loops, config_, std::move(watched), board_,
      [this] { streams_.broadcast("notifications/tools/list_changed"); },
      [this](std::string_view problem) { parts_.report("", problem); });
  handler_ = std::make_unique<ProtocolHandler>(identity_of(config), *door_, *this,
                                               LogInResult(config.execution_log.in_result));
}

Gateway::~Gateway() = default;

Async<void> Gateway::close() {
  streams_.end_all();
  for (const auto& backend : backends_) co_await backend->close();
}

}  // namespace larkspur::gateway
