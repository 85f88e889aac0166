// One call, as the ExecutionLog keeps it: plain data, in the words of execution-log.schema.json.
//
// A Record says nothing about how it was made: a Recording (recording.h) fills it under the rules
// of redaction and size; json_form.h writes and reads it. Absent means: an empty string, an empty
// optional, an empty list.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "execlog/hex_id.h"
#include "execlog/vocabulary.h"

namespace larkspur::execlog {

using Int = std::optional<std::int64_t>;
using Flag = std::optional<bool>;

// What one kind of external call has beside the common fields. Sizes are bytes, `_ms` milliseconds.

struct OpenApiCall {
  std::string service, version, method, endpoint, path_template, credential_provider;
  std::string first_request_id;  // of a poll that was collapsed into one entry
  Int throttled_ms, poll_count;
};

struct PrometheusCall {
  std::string endpoint, query_type, result_type;
  Int response_size_bytes, wire_size_bytes, series_count, sample_count;
  Flag truncated;
};

struct SlsCall {
  std::string project, logstore, progress, query_digest;
  Int log_count, processed_rows, elapsed_ms, response_size_bytes;
};

struct KubectlCall {
  std::string command;  // redacted when it enters the record
  std::string type;     // "normal" or "streaming"
  std::string verb, verb_class, kube_namespace, kubectl_version;
  Int exit_code, signal, timeout_ms, stdout_bytes, stderr_bytes, pid;
  Flag timed_out, truncated;
};

struct KubeconfigCall {
  std::string source, mode, expires_at, server_host;
  Int ttl_minutes;
};

struct EndpointCall {
  std::string endpoint, source;
};

struct McpCall {
  std::string backend;     // the backend's configured name
  std::string mcp_method;  // "tools/call"
  std::string tool;        // its own name for the tool, not the published one
  std::string transport;   // "stdio", "streamable-http", "sse"
  std::string backend_request_id;
  Int jsonrpc_code, request_bytes, response_bytes;
  Flag is_error;
  std::vector<std::string> attempt_backends;
};

struct HttpCall {
  std::string method, endpoint, remote_address;
  Int request_bytes, response_size_bytes;
  Flag tls;
};

// One call to the outside world; retries and polls of the same thing are one entry with counts.
struct ApiCall {
  using Details = std::variant<OpenApiCall, PrometheusCall, SlsCall, KubectlCall, KubeconfigCall,
                               EndpointCall, McpCall, HttpCall>;

  std::string api;  // the vendor's action, "tools/call", "GetLogs", ...
  ApiStatus status = ApiStatus::kSuccess;
  Details details = HttpCall{};
  std::int64_t seq = 0;              // order of start within the record; set by the Recording
  std::int64_t start_offset_ms = 0;  // since the record's start
  std::int64_t duration_ms = 0;
  std::chrono::nanoseconds elapsed{0};  // the same, for who measures; not written
  std::string request_id;
  std::int64_t attempts = 1;
  std::vector<std::string> retry_reasons;
  std::string error, error_code;
  Int http_status;
  SpanId span_id;
  std::string cluster_id, region_id;

  ApiKind kind() const { return static_cast<ApiKind>(details.index()); }
};

using MetadataValue = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string>;

// Why a call failed, for people and for programs.
struct Metadata {
  std::string error_type;  // "tool_error", "timeout", ...
  std::string error_code;  // stable: base/error_codes.def, a vendor's code, a JSON-RPC code
  FailureStage failure_stage = FailureStage::kInternal;
  std::vector<std::string> caused_by;
  std::vector<std::pair<std::string, MetadataValue>> further;  // http_status, request_id, hint, ...
};

// The request that started the call.
struct RequestInfo {
  std::variant<std::monostate, std::int64_t, std::string> jsonrpc_id;
  std::string protocol_version, session_id;
  std::optional<Transport> transport;
  std::string client_name, client_version, client_address;
  // The arguments themselves are not in a record: how long they were, their digest under the log's
  // key (digest.h), and where their text is kept, the digest of the blob.
  Int arguments_size_bytes;
  std::string arguments_digest, arguments_blob;
};

struct Principal {
  PrincipalKind kind = PrincipalKind::kAnonymous;
  std::string id, issuer;
  std::string credential_id;  // masked
  std::vector<std::string> delegation;
};

struct ResultInfo {
  Flag is_error;
  Int size_bytes, item_count;
  Flag truncated;
  std::string digest, blob;  // as of the arguments
};

// Only in the record of a script.
struct ScriptInfo {
  std::string hash;  // "sha256:" and 64 hex digits
  std::int64_t step_count = 0;
  std::int64_t tool_count = 0;  // inner calls made
  bool parallel_used = false;
  std::int64_t calls_saved = 0;  // round trips that the client was spared
  std::int64_t bytes_kept = 0;   // bytes of results that it never had to read

  // What an exact re-run needs beside its text, its data and the results of its calls.
  std::string data_digest;  // under the log's key; "" where it had none
  std::string
      tools_digest;  // SHA-256 of the definitions that it saw; a blob where contents are kept
  std::string machine_version;  // of the program that ran it
  Int step_limit, memory_limit_bytes, depth_limit, call_limit, parallel_limit, print_limit_bytes,
      output_limit_bytes;
  Int clock_ms;  // what it took for the time, since 1970
};

// What the caps did not let in.
struct Dropped {
  std::int64_t messages = 0, api_calls = 0, warnings = 0;
  std::int64_t items = 0;       // of the other lists
  std::int64_t redactions = 0;  // values from which a secret was taken
  std::int64_t bytes = 0;
  std::int64_t contents = 0;  // arguments, results that were to be kept
  bool operator==(const Dropped&) const = default;
};

struct Record {
  std::string tool_call_id;
  EpochMs start_time = 0;
  std::optional<EpochMs> end_time;
  Int duration_ms;
  std::vector<std::string> messages;  // empty unless the call failed
  std::vector<ApiCall> api_calls;
  std::vector<std::string> warnings;
  std::optional<std::string> error;
  std::optional<Metadata> metadata;  // absent unless the call failed

  Status status = Status::kRunning;
  std::string tool_name;
  TraceId trace_id;
  SpanId span_id, parent_span_id;
  std::string parent_id;  // tool_call_id of the script's record that made this call
  std::string place;      // within the parent: "3", or "3/7" = third top-level call, seventh task
  // Among the parent's calls: its number in the order in which they were made, and in which they
  // ended.
  Int ordinal, completed;
  std::optional<ScriptInfo> script;
  RequestInfo request;
  std::optional<Principal> principal;
  ResultInfo result;
  Dropped dropped;
};

// The caps of one record.
inline constexpr std::size_t kMaxMessages = 32, kMaxMessageBytes = 512;
inline constexpr std::size_t kMaxWarnings = 32, kMaxWarningBytes = 1024;
inline constexpr std::size_t kMaxApiCalls = 128;  // the first and the last 64 stay
inline constexpr std::size_t kMaxErrorBytes = 4096, kMaxApiErrorBytes = 1024;
inline constexpr std::size_t kMaxMetadataKeys = 32, kMaxMetadataBytes = 1024;
inline constexpr std::size_t kMaxCommandBytes = 2048, kMaxFieldBytes = 256;
inline constexpr std::size_t kMaxRecordBytes = 65'536;  // encoded

}  // namespace larkspur::execlog
