// The configuration as checked plain structs, in the vocabulary of ToolHive's vMCP: a key of the
// file in camelCase is a member here in snake_case. The initialisers are the defaults of the file,
// and docs/reference/configuration.md is printed from them. Values are only made by load.h, which
// has checked every rule; immutable afterwards, so any thread may read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/secret.h"

namespace larkspur::config {

using std::chrono::milliseconds;

inline constexpr std::size_t kMiB = std::size_t{1} << 20;

// Where clients connect. An address that other machines can reach is refused unless incoming_auth
// asks who they are, or allow_remote says that something in front of Larkspur does.
struct Listen {
  std::string address = "127.0.0.1";  // a literal IPv4 or IPv6 address
  std::uint16_t port = 8484;          // 0: any free port
  std::string path = "/mcp";
  std::vector<std::string> allowed_origins;  // beyond the loopback origins; "https://app.example"
  std::vector<std::string> allowed_hosts;    // beyond loopback names and `address`; no port
  std::size_t max_body_bytes = 16 * kMiB;
  std::uint32_t threads = 0;  // event loops; 0: one for each core
  bool allow_remote = false;
};

enum class Transport : std::uint8_t { kStdio, kStreamableHttp, kSse };

// How Larkspur gets tokens for a backend that asks for OAuth ones.
enum class OAuthGrant : std::uint8_t { kNone, kAuthorizationCode, kClientCredentials };

struct OAuth {
  OAuthGrant grant = OAuthGrant::kNone;
  std::string client_id;
  Secret client_secret;
  std::string client_metadata_url;
  std::vector<std::string> scopes;
  std::string file;  // no key of its own: where a login is kept, below the state directory
};

// One MCP server behind the gateway. kStdio has a command, the others have a url.
struct Backend {
  std::string name;  // unique; [A-Za-z0-9_.-]{1,64}; never "larkspur"
  Transport transport = Transport::kStreamableHttp;
  std::string url;                        // http:// or https://
  std::map<std::string, Secret> headers;  // sent with every request; resolved
  OAuth oauth;                            // instead of an Authorization header
  bool shared_connection = false;         // one for all callers, whatever the server keeps
  std::string command;                    // looked up in PATH when it has no slash
  std::vector<std::string> args;
  std::map<std::string, Secret> env;  // added to the gateway's own environment; resolved
  std::string working_directory;      // "": the gateway's own
  milliseconds timeout{0};            // of one request; 0: limits.request_timeout
};

enum class ConflictStrategy : std::uint8_t { kPrefix, kPriority, kManual };

struct ConflictResolutionConfig {
  std::string prefix_format = "{workload}_";  // "{workload}" stands for the backend's name
  std::vector<std::string> priority_order;  // first wins; backends not named come after, as listed
};

// An empty member leaves what the backend says.
struct ToolOverride {
  std::string name;
  std::string description;
};

// What one backend contributes. Tool names are the backend's own, before overrides and prefixes.
struct WorkloadTools {
  std::string workload;             // names a backend
  std::vector<std::string> filter;  // only these; empty: all
  bool exclude_all = false;
  std::map<std::string, ToolOverride> overrides;  // by the backend's own tool name
};

// Under kManual nothing is renamed by itself: names that still collide after the overrides are an
// error of the catalog, which names them when the backends have been asked for their tools.
struct Aggregation {
  ConflictStrategy conflict_resolution = ConflictStrategy::kPrefix;
  ConflictResolutionConfig conflict_resolution_config;
  std::vector<WorkloadTools> tools;  // at most one for each backend
  bool exclude_all_tools = false;    // tools can be called by scripts but are not listed
  bool instructions = true;          // of backends are passed on
};

struct CodeMode {
  bool enabled = false;
  std::uint64_t step_limit = 10'000'000;
  std::uint32_t parallel_max_concurrency = 10;
  milliseconds tool_call_timeout{30'000};
  milliseconds script_timeout{60'000};
  std::size_t memory_limit = 64 * kMiB;
  std::uint32_t max_tool_calls = 1'000;
};

struct Telemetry {
  std::string endpoint;  // base URL of an OTLP/HTTP receiver; "": no export unless OTEL_* names one
  std::map<std::string, Secret> headers;
  std::string service_name;  // "": OTEL_SERVICE_NAME, else "larkspur"
  bool tracing_enabled = true;
  bool metrics_enabled = true;
  bool logs_enabled = true;
  double sampling_rate = 1.0;  // of the traces that Larkspur starts; a client's decision is kept
  bool enable_prometheus_metrics_path = true;  // GET /metrics on the listener
};

// What a call does when the log's queue is full.
enum class Overflow : std::uint8_t { kWait, kDrop };

// When a call's record has to be on the disk: some time after the answer, or before it.
enum class Durability : std::uint8_t { kAsync, kBeforeReply };

// What happens to calls while the log cannot be written.
enum class WhenUnwritable : std::uint8_t { kClosed, kOpen };

// Where a caller finds the record of its own call.
enum class InResult : std::uint8_t { kOff, kOnRequest, kMeta, kStructured, kBoth };

// What the log keeps of a call's arguments and result beside their sizes.
enum class Capture : std::uint8_t { kNone, kDigest, kFull };

struct CaptureRule {
  std::vector<std::string> tools;       // published names; "*" stands for any text; empty: all
  std::vector<std::string> principals;  // in the same way
  Capture capture = Capture::kDigest;
};

// Who may read the log over HTTP. kAuto: kLoopback, but kOff where clients are asked who they are
// or other machines are let in.
enum class LogApi : std::uint8_t { kAuto, kOff, kLoopback, kAny };

// What the tool query_executions tells its callers: nothing, for it is not there; their own calls;
// everybody's.
enum class LogTool : std::uint8_t { kOff, kOwn, kAll };

struct ExecutionLog {
  bool enabled = true;
  // Default: the state directory. Never empty after loading where the log is enabled.
  std::string directory;
  // Default: signing-key.pem in the directory.
  std::string signing_key;
  Durability durability = Durability::kAsync;
  WhenUnwritable when_unwritable = WhenUnwritable::kClosed;
  Overflow overflow = Overflow::kWait;
  // 0: no limit. Whole partition files go, the oldest first.
  milliseconds retention_age{0};
  std::size_t retention_bytes = 0;
  std::size_t retention_records = 10'000'000;
  Capture capture = Capture::kDigest;
  std::vector<CaptureRule> capture_rules;  // the first that fits decides; else `capture`
  InResult in_result = InResult::kOff;
  LogApi http_api = LogApi::kAuto;
  LogTool query_tool = LogTool::kOff;
};

// An authorization server whose tokens are taken.
struct Issuer {
  std::string issuer;                  // its identifier, https:// but on this machine
  std::string jwks_uri;                // "": as its metadata says
  std::vector<std::string> audiences;  // what `aud` may be; empty: the resource
  std::string principal_claim = "sub";
  std::string principal_prefix;
};

// A fixed credential, for clients that cannot do OAuth.
struct ClientToken {
  std::string principal;
  Secret token;
  std::vector<std::string> scopes;
};

// Lets callers use tools. A list that is empty is met by everybody, or every tool.
struct AccessRule {
  std::vector<std::string> principals;  // patterns with * and ?
  std::vector<std::string> scopes;      // all of them are needed
  std::vector<std::string> tools;       // patterns of published names
};

// Who clients are, and what they may use. Without issuers and tokens everybody is anonymous;
// without rules everybody may use everything.
struct IncomingAuth {
  std::string resource;  // "": made of listen
  std::vector<std::string> scopes;
  std::vector<Issuer> issuers;
  std::vector<ClientToken> tokens;
  std::vector<AccessRule> rules;

  bool asks_who() const { return !issuers.empty() || !tokens.empty(); }
};

// Sessions of the clients of 2025-11-25 and older, and the event streams of all clients.
struct Sessions {
  milliseconds idle_timeout{30 * 60'000};
  std::size_t max_count = 10'000;
  milliseconds keep_alive{15'000};  // between comment lines on quiet streams
  milliseconds resume_time{120'000};
  std::size_t resume_stream_bytes = kMiB / 4;
  std::size_t resume_total_bytes = 64 * kMiB;  // 0: streams cannot be resumed
};

struct Limits {
  milliseconds request_timeout{60'000};
  milliseconds task_ttl{3'600'000};
  std::size_t max_response_bytes = 64 * kMiB;
};

// Where `kubectl` gets its credentials from: a file, the pod that Larkspur runs in, or Alibaba
// Cloud.
enum class KubeconfigMode : std::uint8_t { kLocal, kInCluster, kAckPublic, kAckPrivate };

struct KubectlTools {
  bool enabled = false;
  std::string command = "kubectl";  // looked up in PATH when it has no slash
  KubeconfigMode kubeconfig_mode = KubeconfigMode::kLocal;
  std::string kubeconfig;  // kLocal; "": $KUBECONFIG, else ~/.kube/config. Resolved after loading.
  std::string context;     // of that file; "": its current one
  bool allow_write = false;
  bool allow_sensitive = false;  // values of Secrets, unmasked
  std::vector<std::string> raw_paths = {"/healthz", "/livez", "/readyz", "/version"};
  milliseconds timeout{30'000};
  std::size_t max_output_bytes = kMiB;
  std::uint32_t max_concurrent = 8;
  std::uint32_t max_concurrent_per_cluster = 4;
};

enum class PrometheusMode : std::uint8_t { kLocal, kArmsPublic, kArmsPrivate };
enum class PrometheusAuth : std::uint8_t { kNone, kToken, kBasic, kRam };

struct PrometheusTools {
  bool enabled = false;
  PrometheusMode endpoint_mode = PrometheusMode::kLocal;
  std::string endpoint;                          // kLocal, and where the other modes find none
  std::map<std::string, std::string> endpoints;  // kLocal: by cluster_id; before `endpoint`
  PrometheusAuth auth = PrometheusAuth::kNone;
  std::map<std::string, Secret> credentials;  // "token"; "username" and "password"; resolved
  milliseconds timeout{60'000};
  std::size_t max_response_bytes = 16 * kMiB;
  std::uint32_t max_series = 200;
  std::uint32_t max_samples = 20'000;
};

// What the calls of one principal are signed with.
struct AlibabaCredentials {
  std::string principal;
  Secret access_key_id, access_key_secret;  // resolved
  Secret security_token;                    // of temporary keys; may be empty
  std::string role_arn;                     // assumed with these keys; "": the keys themselves
};

struct AlibabaCloudTools {
  bool enabled = false;
  std::string region_id = "cn-hangzhou";         // whose STS is asked
  bool vpc = false;                              // the services' addresses inside their network
  std::map<std::string, std::string> endpoints;  // by service, or service.region; base URLs
  std::vector<AlibabaCredentials> credentials;   // the others': the default chain
  bool request_credentials = false;              // calls may bring their own, in headers
  bool allow_diagnostics = true;
  milliseconds diagnosis_timeout{300'000}, diagnosis_poll_interval{10'000};
  milliseconds inspection_timeout{300'000}, inspection_poll_interval{5'000};
};

// The operations tools that Larkspur has itself; each group is off until it is wanted.
struct Tools {
  KubectlTools kubectl;
  PrometheusTools prometheus;
  AlibabaCloudTools alibaba_cloud;
};

struct Config {
  std::string name = "larkspur";
  // What Larkspur must remember: logins, and the ExecutionLog where that has no other place.
  // Default: $XDG_STATE_HOME/larkspur, else ~/.local/state/larkspur.
  std::string state_directory;
  Listen listen;
  IncomingAuth incoming_auth;
  std::vector<Backend> backends;
  Aggregation aggregation;
  CodeMode code_mode;
  Telemetry telemetry;
  ExecutionLog execution_log;
  Tools tools;
  Limits limits;
  Sessions sessions;
};

}  // namespace larkspur::config
