// The one table of keys. The reader takes values by it, unknown keys are compared with it, and
// docs/reference/configuration.md is printed from it. A new key is one line here and one member in
// config.h.
#pragma once

#include <limits>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "config/config.h"
#include "config/words.h"

namespace larkspur::config {

// What one value must be beyond its type.
struct Rule {
  double min = 0;  // numbers, sizes in bytes and durations in milliseconds
  double max = std::numeric_limits<double>::infinity();
  bool bytes = false;  // the number is a size: 64MiB
  bool required = false;
  std::string_view fallback = {};  // the default in words, where the value alone does not tell
};

template <class Owner, class Value>
struct Key {
  std::string_view name;
  Value Owner::* member;
  std::string_view help;  // one sentence of Markdown
  Rule rule = {};
};

// kKeys<T>: the keys of a struct, a tuple of Key.
template <class T>
inline constexpr int kKeys = 0;
template <class T>
concept HasKeys = !std::is_same_v<decltype(kKeys<T>), const int>;
template <class T>
concept HasWords = !std::is_same_v<decltype(kWords<T>), const int>;

inline constexpr Rule kAtLeastOne{.min = 1};
inline constexpr Rule kRequired{.required = true};
inline constexpr Rule kSize{.min = 1024, .bytes = true};

template <>
inline constexpr auto kKeys<Listen> = std::tuple{
    Key{"address", &Listen::address,
        "The IP address to bind. Anything but a loopback address needs `incomingAuth`, or "
        "`allowRemote`."},
    Key{"port", &Listen::port, "The TCP port; 0 takes any free one."},
    Key{"path", &Listen::path, "The path of the MCP endpoint."},
    Key{"allowedOrigins", &Listen::allowed_origins,
        "Values of the `Origin` header that are let in besides those of this machine, such as "
        "`https://app.example`."},
    Key{"allowedHosts", &Listen::allowed_hosts,
        "Values of the `Host` header (without port) that are let in besides `localhost`, "
        "loopback "
        "addresses and `address`."},
    Key{"maxBodyBytes", &Listen::max_body_bytes, "The largest request body that is read.", kSize},
    Key{"threads", &Listen::threads, "Event loops; each is one thread.",
        Rule{.max = 1024, .fallback = "one for each core"}},
    Key{"allowRemote", &Listen::allow_remote,
        "Allows an address that other machines can reach without `incomingAuth`, because something "
        "in front of Larkspur asks clients who they are."},
};

template <>
inline constexpr auto kKeys<OAuth> = std::tuple{
    Key{"grant", &OAuth::grant,
        "`authorization_code`: somebody lets Larkspur in, with `larkspur login NAME`. "
        "`client_credentials`: Larkspur comes in its own name."},
    Key{"clientId", &OAuth::client_id,
        "The client that was registered for Larkspur by hand; needed for `client_credentials`.",
        Rule{.fallback = "registered dynamically"}},
    Key{"clientSecret", &OAuth::client_secret, "Its secret, by reference (see Secrets)."},
    Key{"clientMetadataUrl", &OAuth::client_metadata_url,
        "The https URL of a Client ID Metadata Document, for servers that take one as a client "
        "id."},
    Key{"scopes", &OAuth::scopes, "Scopes to ask for beyond those that the server names."},
};

template <>
inline constexpr auto kKeys<Backend> = std::tuple{
    Key{"name", &Backend::name,
        "Unique; letters, digits, `_`, `.` and `-`, at most 64 of them. It becomes part of tool "
        "names under `prefix`.",
        kRequired},
    Key{"transport", &Backend::transport,
        "How to reach it. `sse` is the HTTP+SSE transport of 2024-11-05, which `streamable-http` "
        "falls "
        "back to by itself.",
        Rule{.fallback = "`stdio` where there is a `command`, else `streamable-http`"}},
    Key{"url", &Backend::url,
        "For `streamable-http` and `sse`: the endpoint, `http://` or `https://`."},
    Key{"headers", &Backend::headers,
        "For `streamable-http` and `sse`: headers of every request. Credentials by reference (see "
        "Secrets)."},
    Key{"oauth", &Backend::oauth,
        "For `streamable-http` and `sse`: tokens that are fetched and renewed."},
    Key{"sharedConnection", &Backend::shared_connection,
        "One connection (or process) for all callers. Otherwise each principal of `incomingAuth` "
        "has "
        "its own where the server may keep something for it: processes, and HTTP sessions."},
    Key{"command", &Backend::command,
        "For `stdio`: the program, looked up in `PATH` when it has no slash."},
    Key{"args", &Backend::args, "For `stdio`: its arguments."},
    Key{"env", &Backend::env,
        "For `stdio`: variables added to Larkspur's own environment. Credentials by reference "
        "(see "
        "Secrets)."},
    Key{"workingDirectory", &Backend::working_directory, "For `stdio`: where it runs.",
        Rule{.fallback = "Larkspur's own"}},
    Key{"timeout", &Backend::timeout, "How long one request may take.",
        Rule{.fallback = "`limits.requestTimeout`"}},
};

template <>
inline constexpr auto kKeys<ConflictResolutionConfig> = std::tuple{
    Key{"prefixFormat", &ConflictResolutionConfig::prefix_format,
        "For `prefix`: what goes in front of every tool name; `{workload}` stands for the "
        "backend's "
        "name."},
    Key{"priorityOrder", &ConflictResolutionConfig::priority_order,
        "For `priority`: backend names, the strongest first. Those not named follow in the order "
        "of "
        "`backends`."},
};

template <>
inline constexpr auto kKeys<ToolOverride> = std::tuple{
    Key{"name", &ToolOverride::name, "The name to publish it under.",
        Rule{.fallback = "the backend's"}},
    Key{"description", &ToolOverride::description, "The description to publish.",
        Rule{.fallback = "the backend's"}},
};

template <>
inline constexpr auto kKeys<WorkloadTools> = std::tuple{
    Key{"workload", &WorkloadTools::workload, "The name of a backend; each at most once.",
        kRequired},
    Key{"filter", &WorkloadTools::filter,
        "Only these tools, by the backend's own names. Empty: all."},
    Key{"excludeAll", &WorkloadTools::exclude_all, "None of its tools."},
    Key{"overrides", &WorkloadTools::overrides,
        "From a tool's own name to what is published instead."},
};

template <>
inline constexpr auto kKeys<Aggregation> = std::tuple{
    Key{"conflictResolution", &Aggregation::conflict_resolution,
        "What to do when two backends have a tool of the same name: `prefix` puts the backend's "
        "name "
        "in front of every tool; `priority` keeps the strongest backend's tool; `manual` changes "
        "nothing, and names that still collide after `overrides` are an error."},
    Key{"conflictResolutionConfig", &Aggregation::conflict_resolution_config,
        "Details of the strategy."},
    Key{"tools", &Aggregation::tools, "What each backend contributes."},
    Key{"excludeAllTools", &Aggregation::exclude_all_tools,
        "Lists none of the backends' tools; with `codeMode`, scripts can still call them."},
    Key{"instructions", &Aggregation::instructions,
        "Clients get what the backends say of how they are to be used, at most 4 KB of each, after "
        "Larkspur's own. Models read it: switch it off where backends are not trusted."},
};

template <>
inline constexpr auto kKeys<CodeMode> = std::tuple{
    Key{"enabled", &CodeMode::enabled, "Offers `execute_tool_script`."},
    Key{"stepLimit", &CodeMode::step_limit,
        "Steps of the script machine that one script may take, `parallel()` included.",
        kAtLeastOne},
    Key{"parallelMaxConcurrency", &CodeMode::parallel_max_concurrency,
        "Tool calls of one script that may run at the same time.", Rule{.min = 1, .max = 10'000}},
    Key{"toolCallTimeout", &CodeMode::tool_call_timeout, "How long one inner call may take.",
        kAtLeastOne},
    Key{"scriptTimeout", &CodeMode::script_timeout,
        "How long the whole script may take, its waiting included.", kAtLeastOne},
    Key{"memoryLimit", &CodeMode::memory_limit, "Memory of one script.",
        Rule{.min = 65'536, .bytes = true}},
    Key{"maxToolCalls", &CodeMode::max_tool_calls, "Inner calls that one script may make.",
        kAtLeastOne},
};

template <>
inline constexpr auto kKeys<Telemetry> = std::tuple{
    Key{"endpoint", &Telemetry::endpoint,
        "The base URL of an OTLP/HTTP receiver, such as `http://127.0.0.1:4318`.",
        Rule{.fallback = "`OTEL_EXPORTER_OTLP_ENDPOINT`, else no export"}},
    Key{"headers", &Telemetry::headers,
        "Headers of every export. Credentials by reference (see Secrets)."},
    Key{"serviceName", &Telemetry::service_name, "The resource attribute `service.name`.",
        Rule{.fallback = "`OTEL_SERVICE_NAME`, else `larkspur`"}},
    Key{"tracingEnabled", &Telemetry::tracing_enabled, "Makes spans and exports them."},
    Key{"metricsEnabled", &Telemetry::metrics_enabled, "Counts and measures."},
    Key{"logsEnabled", &Telemetry::logs_enabled, "Exports the structured log records as well."},
    Key{"samplingRate", &Telemetry::sampling_rate,
        "The share of traces that is kept among those that start here; a decision that a client "
        "made "
        "is kept.",
        Rule{.max = 1}},
    Key{"enablePrometheusMetricsPath", &Telemetry::enable_prometheus_metrics_path,
        "Serves the metrics as Prometheus text under `/metrics`."},
};

template <>
inline constexpr auto kKeys<CaptureRule> = std::tuple{
    Key{"tools", &CaptureRule::tools,
        "Published names of tools; `*` stands for any text. Empty: all."},
    Key{"principals", &CaptureRule::principals, "Who calls, in the same way. Empty: everybody."},
    Key{"capture", &CaptureRule::capture, "What is kept of these calls.", kRequired},
};

template <>
inline constexpr auto kKeys<ExecutionLog> = std::tuple{
    Key{"enabled", &ExecutionLog::enabled, "Keeps a record of every call."},
    Key{"directory", &ExecutionLog::directory, "Where its files are; `~/` is your home directory.",
        Rule{.fallback = "`stateDirectory`"}},
    Key{"signingKey", &ExecutionLog::signing_key,
        "The Ed25519 key that signs the log's checkpoints, a PEM file; made where it is missing.",
        Rule{.fallback = "`signing-key.pem` in the directory"}},
    Key{"durability", &ExecutionLog::durability,
        "`async`: a call does not wait for the disk. `before_reply`: it leaves when its beginning "
        "is on the disk, and is answered when its record is."},
    Key{"whenUnwritable", &ExecutionLog::when_unwritable,
        "What happens while the log cannot be written: `closed` refuses new calls, `open` lets "
        "them pass and counts what is lost."},
    Key{"overflow", &ExecutionLog::overflow,
        "What a call does when the log's queue is full: `wait` for room, or `drop` its record "
        "and "
        "count it."},
    Key{"retentionAge", &ExecutionLog::retention_age,
        "How long records are kept at least; 0 is for ever. Whole files of records go, the oldest "
        "first."},
    Key{"retentionBytes", &ExecutionLog::retention_bytes,
        "How large all files together may become; 0 is no limit.", Rule{.bytes = true}},
    Key{"retentionRecords", &ExecutionLog::retention_records,
        "How many records are kept at least; 0 keeps all."},
    Key{"capture", &ExecutionLog::capture,
        "What is kept of a call's arguments and result beside their sizes: `none`; `digest`, a "
        "keyed "
        "hash; or `full`, their text as well, without its secrets, apart from the record."},
    Key{"captureRules", &ExecutionLog::capture_rules,
        "Exceptions from `capture`; the first rule that fits decides."},
    Key{"inResult", &ExecutionLog::in_result,
        "Whether a caller finds the short view of its call's record in the result: `meta` puts "
        "it into `_meta`; `onRequest` does so for requests with `_meta` "
        "`{\"dev.larkspur/executionLog\": true}`; `structured` into "
        "`structuredContent.execution_log` of Larkspur's own tools, "
        "and "
        "`_meta` of the backends'; `both` does both for Larkspur's own."},
    Key{"httpApi", &ExecutionLog::http_api,
        "Who may read the log under `/api/v1/executions` of the listener, all of it: `loopback`, "
        "programs on this machine; `any`, whoever reaches the listener; or nobody. `auto` is "
        "`loopback`, but `off` with `listen.allowRemote` or `incomingAuth`."},
    Key{"queryTool", &ExecutionLog::query_tool,
        "Offers agents the tool `query_executions`: about their `own` calls, or `all`; or not."},
};

template <>
inline constexpr auto kKeys<KubectlTools> = std::tuple{
    Key{"enabled", &KubectlTools::enabled,
        "Offers `kubectl`, or `ack_kubectl` where `alibabaCloud` is enabled too."},
    Key{"command", &KubectlTools::command,
        "The program, looked up in `PATH` when it has no slash."},
    Key{"kubeconfigMode", &KubectlTools::kubeconfig_mode,
        "Where credentials come from: a file, the service account of the pod that Larkspur runs "
        "in, or Alibaba Cloud, for the public or the private endpoint of a cluster."},
    Key{"kubeconfig", &KubectlTools::kubeconfig, "For `LOCAL`: the file.",
        Rule{.fallback = "`$KUBECONFIG`, else `~/.kube/config`"}},
    Key{"context", &KubectlTools::context, "For `LOCAL`: a context of the file.",
        Rule{.fallback = "its current one"}},
    Key{"allowWrite", &KubectlTools::allow_write,
        "Allows commands that change something, such as `apply`, `delete` and `exec`."},
    Key{"allowSensitive", &KubectlTools::allow_sensitive,
        "Shows the values of Secrets. Otherwise their names and sizes only."},
    Key{"rawPaths", &KubectlTools::raw_paths,
        "What `get --raw` may ask for: these paths and what is below them."},
    Key{"timeout", &KubectlTools::timeout, "How long one command may take.", kAtLeastOne},
    Key{"maxOutputBytes", &KubectlTools::max_output_bytes,
        "How much of a command's output is kept, half of it from the beginning and half from the "
        "end.",
        kSize},
    Key{"maxConcurrent", &KubectlTools::max_concurrent,
        "How many commands run at the same time; others wait.", kAtLeastOne},
    Key{"maxConcurrentPerCluster", &KubectlTools::max_concurrent_per_cluster,
        "How many of them for one `cluster_id`.", kAtLeastOne},
};

template <>
inline constexpr auto kKeys<PrometheusTools> = std::tuple{
    Key{"enabled", &PrometheusTools::enabled,
        "Offers `query_prometheus` and `query_prometheus_metric_guidance`."},
    Key{"endpointMode", &PrometheusTools::endpoint_mode,
        "Which server answers for a cluster: a configured one, or the one that Alibaba Cloud "
        "ARMS "
        "names, at its public or its private address."},
    Key{"endpoint", &PrometheusTools::endpoint,
        "The base URL, such as `http://prometheus:9090`; under the ARMS modes, for a cluster "
        "that "
        "ARMS does not know.",
        Rule{.fallback = "`PROMETHEUS_HTTP_API`"}},
    Key{"endpoints", &PrometheusTools::endpoints,
        "Base URLs by `cluster_id`, which come before `endpoint`."},
    Key{"auth", &PrometheusTools::auth,
        "How it knows us: `token` sends one as it stands in `Authorization`, `basic` a user name "
        "and a password, `ram` an access key of Alibaba Cloud."},
    Key{"credentials", &PrometheusTools::credentials,
        "`token` for token; `username` and `password` for basic. By reference (see Secrets)."},
    Key{"timeout", &PrometheusTools::timeout, "How long one query may take.", kAtLeastOne},
    Key{"maxResponseBytes", &PrometheusTools::max_response_bytes,
        "The largest answer that is taken.", kSize},
    Key{"maxSeries", &PrometheusTools::max_series, "How many series a result may have.",
        kAtLeastOne},
    Key{"maxSamples", &PrometheusTools::max_samples,
        "How many samples a result may have in all its series.", kAtLeastOne},
};

template <>
inline constexpr auto kKeys<AlibabaCredentials> = std::tuple{
    Key{"principal", &AlibabaCredentials::principal, "Whose calls these keys sign.", kRequired},
    Key{"accessKeyId", &AlibabaCredentials::access_key_id, "By reference (see Secrets).",
        kRequired},
    Key{"accessKeySecret", &AlibabaCredentials::access_key_secret, "By reference (see Secrets).",
        kRequired},
    Key{"securityToken", &AlibabaCredentials::security_token,
        "Of temporary keys, by reference (see Secrets)."},
    Key{"roleArn", &AlibabaCredentials::role_arn,
        "A RAM role to assume with these keys; its temporary keys sign then."},
};

template <>
inline constexpr auto kKeys<AlibabaCloudTools> = std::tuple{
    Key{"enabled", &AlibabaCloudTools::enabled,
        "Offers the tools of Container Service, ARMS and the log service."},
    Key{"regionId", &AlibabaCloudTools::region_id, "The region whose STS gives temporary keys."},
    Key{"vpc", &AlibabaCloudTools::vpc, "Uses the addresses inside Alibaba Cloud's network."},
    Key{"endpoints", &AlibabaCloudTools::endpoints,
        "Base URLs that beat the usual ones, by `cs`, `arms`, `sts`, `sls` or `metadata`, or by "
        "one "
        "of these and a region: `cs.cn-hangzhou`. `{region}` and `{project}` are filled in."},
    Key{"credentials", &AlibabaCloudTools::credentials,
        "Keys of single principals. Everybody else's calls are signed by the default chain: "
        "environment, RRSA, profile files, ECS role, credentials URI."},
    Key{"requestCredentials", &AlibabaCloudTools::request_credentials,
        "Calls may bring their own keys, in the request headers `x-acs-accesskey-id`, "
        "`x-acs-accesskey-secret` and `x-acs-security-token`."},
    Key{"allowDiagnostics", &AlibabaCloudTools::allow_diagnostics,
        "Allows `diagnose_resource` and `query_inspect_report`, which make reports."},
    Key{"diagnosisTimeout", &AlibabaCloudTools::diagnosis_timeout,
        "How long `diagnose_resource` waits for its result.", kAtLeastOne},
    Key{"diagnosisPollInterval", &AlibabaCloudTools::diagnosis_poll_interval, "How often it asks.",
        kAtLeastOne},
    Key{"inspectionTimeout", &AlibabaCloudTools::inspection_timeout,
        "How long `query_inspect_report` waits for its report.", kAtLeastOne},
    Key{"inspectionPollInterval", &AlibabaCloudTools::inspection_poll_interval,
        "How often it asks.", kAtLeastOne},
};

template <>
inline constexpr auto kKeys<Tools> = std::tuple{
    Key{"kubectl", &Tools::kubectl, "Kubernetes through `kubectl`."},
    Key{"prometheus", &Tools::prometheus, "Queries of a Prometheus server."},
    Key{"alibabaCloud", &Tools::alibaba_cloud, "Alibaba Cloud."},
};

template <>
inline constexpr auto kKeys<Issuer> = std::tuple{
    Key{"issuer", &Issuer::issuer,
        "Its identifier, as `iss` in its tokens has it, byte for byte; its metadata is found from "
        "it.",
        kRequired},
    Key{"jwksUri", &Issuer::jwks_uri, "Where its keys are.",
        Rule{.fallback = "as its metadata says"}},
    Key{"audiences", &Issuer::audiences, "The values of `aud` that mean this gateway.",
        Rule{.fallback = "`resource`"}},
    Key{"principalClaim", &Issuer::principal_claim, "The claim that names the caller."},
    Key{"principalPrefix", &Issuer::principal_prefix,
        "In front of that name; two issuers need two prefixes."},
};

template <>
inline constexpr auto kKeys<ClientToken> = std::tuple{
    Key{"principal", &ClientToken::principal, "Whom it stands for.", kRequired},
    Key{"token", &ClientToken::token, "The token, by reference (see Secrets).", kRequired},
    Key{"scopes", &ClientToken::scopes, "What it grants."},
};

template <>
inline constexpr auto kKeys<AccessRule> = std::tuple{
    Key{"principals", &AccessRule::principals,
        "Who: names, with `*` and `?` for any characters. Empty: everybody."},
    Key{"scopes", &AccessRule::scopes,
        "The scopes that the caller's token must have, all of them."},
    Key{"tools", &AccessRule::tools,
        "Which tools, by published names with `*` and `?`; `execute_tool_script` is one of them. "
        "Empty: all."},
};

template <>
inline constexpr auto kKeys<IncomingAuth> = std::tuple{
    Key{"resource", &IncomingAuth::resource,
        "The URL of the MCP endpoint as clients know it; tokens must be made for it.",
        Rule{.fallback = "`http://ADDRESS:PORT/PATH` of `listen`"}},
    Key{"scopes", &IncomingAuth::scopes, "Every request needs a token with all of these."},
    Key{"issuers", &IncomingAuth::issuers,
        "Authorization servers whose JWT access tokens are taken."},
    Key{"tokens", &IncomingAuth::tokens, "Fixed tokens, for clients that cannot do OAuth."},
    Key{"rules", &IncomingAuth::rules,
        "Who may use which tools: what no rule allows does not exist for the caller. Without rules "
        "everybody may use everything."},
};

template <>
inline constexpr auto kKeys<Sessions> = std::tuple{
    Key{"idleTimeout", &Sessions::idle_timeout,
        "A session of 2025-11-25 or older ends when nobody has used it for so long; one with an "
        "open stream or a running call is in use. Its client gets 404 and begins anew.",
        kAtLeastOne},
    Key{"maxCount", &Sessions::max_count,
        "How many there may be; one more takes the place of one that is idle.", kAtLeastOne},
    Key{"keepAlive", &Sessions::keep_alive,
        "A comment line goes out on an event stream that has been quiet for so long.", kAtLeastOne},
    Key{"resumeTime", &Sessions::resume_time,
        "How long the stream of a session can be resumed (`Last-Event-ID`) after its connection "
        "broke or after its end.",
        kAtLeastOne},
    Key{"resumeStreamBytes", &Sessions::resume_stream_bytes,
        "What is kept of one stream for that; its last event is kept whatever its size."},
    Key{"resumeTotalBytes", &Sessions::resume_total_bytes,
        "What is kept of all streams together; 0: streams cannot be resumed."},
};

template <>
inline constexpr auto kKeys<Limits> = std::tuple{
    Key{"requestTimeout", &Limits::request_timeout, "How long one request to a backend may take.",
        kAtLeastOne},
    Key{"taskTtl", &Limits::task_ttl,
        "How long a call that goes on as a task may take, and its result be fetched, from its "
        "beginning: where the client asks for no time of its own, and at most.",
        kAtLeastOne},
    Key{"maxResponseBytes", &Limits::max_response_bytes,
        "The largest answer that is taken from a backend.", kSize},
};

template <>
inline constexpr auto kKeys<Config> = std::tuple{
    Key{"name", &Config::name, "The name that Larkspur gives itself towards clients."},
    Key{"stateDirectory", &Config::state_directory,
        "Where Larkspur keeps what it must remember; `~/` is your home directory.",
        Rule{.fallback = "`$XDG_STATE_HOME/larkspur`, else `~/.local/state/larkspur`"}},
    Key{"listen", &Config::listen, "Where clients connect."},
    Key{"incomingAuth", &Config::incoming_auth,
        "Who clients are (OAuth 2.1, or fixed tokens), and what they may use."},
    Key{"backends", &Config::backends, "The MCP servers behind Larkspur."},
    Key{"aggregation", &Config::aggregation, "Which tools are published, and under which names."},
    Key{"codeMode", &Config::code_mode, "Scripts that call tools."},
    Key{"telemetry", &Config::telemetry, "Traces, metrics and log records."},
    Key{"executionLog", &Config::execution_log, "The record of every call."},
    Key{"tools", &Config::tools, "Operations tools of Larkspur's own."},
    Key{"limits", &Config::limits, "What a backend may cost."},
    Key{"sessions", &Config::sessions, "Sessions of legacy clients, and event streams."},
};

}  // namespace larkspur::config
