#include "app/observed.h"

namespace larkspur::app {

using telemetry::observe_counter;
using telemetry::observe_gauge;

namespace {

using All = std::vector<std::unique_ptr<telemetry::Observed>>;

std::int64_t as_int(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

void observe_backends(All& all, const Watched& what) {
  const auto configured = static_cast<std::int64_t>(what.config.backends.size());
  all.push_back(observe_gauge(what.with, "toolhive_vmcp_backends_discovered",
                              "Backends that the gateway knows of",
                              {{.read = [configured] { return configured; }}}));
  all.push_back(observe_gauge(what.with, "larkspur_backends_up", "Backends that answer",
                              {{.read = [&keeper = what.keeper] { return keeper.up(); }}}));
}

void observe_log(All& all, const Watched& what) {
  const execlog::Log* log = what.log;
  if (log == nullptr) return;
  all.push_back(observe_counter(
      what.with, "larkspur_execution_log_records", "Records of the execution log",
      {{.read = [log] { return as_int(log->stats().written); }, .labels = {{"outcome", "written"}}},
       {.read = [log] { return as_int(log->stats().dropped); },
        .labels = {{"outcome", "dropped"}}}}));
  all.push_back(observe_gauge(what.with, "larkspur_execution_log_queue_depth",
                              "Records that wait to be written",
                              {{.read = [log] { return as_int(log->stats().queue_depth); }}}));
}

void observe_connections(All& all, const Watched& what) {
  if (what.http == nullptr || what.measured_http == nullptr) return;
  const auto labels = [&](const char* type) -> decltype(telemetry::Series::labels) {
    return {
        {"server", what.config.name}, {"transport", "streamable-http"}, {"connection_type", type}};
  };
  all.push_back(observe_gauge(
      what.with, "toolhive_mcp_active_connections", "Open connections, and event streams on them",
      {{.read = [http = what.http] { return as_int(http->connections()); },
        .labels = labels("http")},
       {.read = [http = what.measured_http] { return http->open_streams(); },
        .labels = labels("sse")}}));
}

// Everything here ends: on an idle program all of it is 0, but for what open clients hold.
void observe_work(All& all, const Watched& what) {
  using Read = std::function<std::size_t()>;
  std::vector<std::pair<const char*, Read>> kinds = {
      {"session", [&from = what.gateway] { return from.counts().sessions; }},
      {"parked_call", [&from = what.gateway] { return from.counts().parked_calls; }},
      {"backend_call", [&from = what.gateway] { return from.counts().backend_calls; }}};
  if (what.endpoint != nullptr) {
    kinds.emplace_back("session_call", [from = what.endpoint] { return from->counts().calls; });
    kinds.emplace_back("stream", [from = what.endpoint] { return from->counts().streams; });
    kinds.emplace_back("resumable_stream", [from = what.endpoint] { return from->counts().kept; });
  }
  std::vector<telemetry::Series> series;
  for (auto& [kind, count] : kinds) {
    series.push_back(
        {.read = [read = std::move(count)] { return as_int(read()); }, .labels = {{"kind", kind}}});
  }
  all.push_back(observe_gauge(what.with, "larkspur_in_progress",
                              "Sessions, calls and streams that are under way", std::move(series)));
}

}  // namespace

All observe_program(const Watched& what) {
  All all;
  observe_backends(all, what);
  observe_log(all, what);
  observe_connections(all, what);
  observe_work(all, what);
  all.push_back(observe_gauge(
      what.with, "larkspur_code_mode_enabled", "1 where execute_tool_script is offered",
      {{.read = [on = what.config.code_mode.enabled] { return std::int64_t{on}; }}}));
  all.push_back(observe_counter(
      what.with, "larkspur_telemetry_lost",
      "Spans, log records and batches that could not be exported, and log lines that had no room",
      {{.read = [&providers = what.providers] { return as_int(providers.lost()); },
        .labels = {{"what", "export"}}},
       {.read = [&journal = what.journal] { return as_int(journal.dropped()); },
        .labels = {{"what", "log_line"}}}}));
  return all;
}

}  // namespace larkspur::app
