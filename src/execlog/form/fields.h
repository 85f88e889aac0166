// The kinds of api_call, field by field: name in the record, place in the struct, rule. One table
// from which writing, reading and admission work, so that a field cannot be written and not read,
// or read and not redacted.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "execlog/record.h"

namespace larkspur::execlog {

struct FieldRule {
  bool required = false;        // written even when empty, and part of the short view
  bool shown = false;           // part of the short view, where it is known
  bool nullable = false;        // null when empty
  std::string_view words = {};  // a closed list, separated by spaces; the first is the fallback
  std::size_t max_bytes = kMaxFieldBytes;
  bool digest = false;  // "sha256:" and 64 hex digits
};

inline constexpr FieldRule kOptional{};
inline constexpr FieldRule kDigest{.digest = true};
inline constexpr FieldRule kShown{.shown = true};
inline constexpr FieldRule kRequired{.required = true};

template <class Self, class T>
concept Is = std::same_as<std::remove_const_t<Self>, T>;

template <Is<OpenApiCall> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("service", self.service, kOptional);
  visit("version", self.version, kOptional);
  visit("method", self.method, kOptional);
  visit("endpoint", self.endpoint, kOptional);
  visit("path_template", self.path_template, kOptional);
  visit("credential_provider", self.credential_provider, kOptional);
  visit("throttled_ms", self.throttled_ms, kOptional);
  visit("poll_count", self.poll_count, kOptional);
  visit("first_request_id", self.first_request_id, kOptional);
}

template <Is<PrometheusCall> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("endpoint", self.endpoint, kRequired);
  visit("query_type", self.query_type, FieldRule{.words = "instant range series labels metadata"});
  visit("response_size_bytes", self.response_size_bytes, kShown);
  visit("wire_size_bytes", self.wire_size_bytes, kOptional);
  visit("result_type", self.result_type, kOptional);
  visit("series_count", self.series_count, kOptional);
  visit("sample_count", self.sample_count, kOptional);
  visit("truncated", self.truncated, kOptional);
}

template <Is<SlsCall> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("project", self.project, kRequired);
  visit("logstore", self.logstore, kRequired);
  visit("log_count", self.log_count, kShown);
  visit("progress", self.progress, FieldRule{.words = "Complete InComplete"});
  visit("processed_rows", self.processed_rows, kOptional);
  visit("elapsed_ms", self.elapsed_ms, kOptional);
  visit("response_size_bytes", self.response_size_bytes, kOptional);
  visit("query_digest", self.query_digest, kOptional);
}

template <Is<KubectlCall> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("command", self.command, FieldRule{.required = true, .max_bytes = kMaxCommandBytes});
  visit("type", self.type, FieldRule{.required = true, .words = "normal streaming"});
  visit("exit_code", self.exit_code, FieldRule{.required = true, .nullable = true});
  visit("signal", self.signal, kOptional);
  visit("timeout_ms", self.timeout_ms, kOptional);
  visit("timed_out", self.timed_out, kOptional);
  visit("stdout_bytes", self.stdout_bytes, kOptional);
  visit("stderr_bytes", self.stderr_bytes, kOptional);
  visit("truncated", self.truncated, kOptional);
  visit("verb", self.verb, kOptional);
  visit("verb_class", self.verb_class, FieldRule{.words = "read write admin"});
  visit("namespace", self.kube_namespace, kOptional);
  visit("kubectl_version", self.kubectl_version, kOptional);
  visit("pid", self.pid, kOptional);
}

template <Is<KubeconfigCall> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("source", self.source,
        FieldRule{.required = true, .words = "cache ack_api local_file incluster"});
  visit("mode", self.mode, FieldRule{.words = "ACK_PUBLIC ACK_PRIVATE LOCAL INCLUSTER"});
  visit("ttl_minutes", self.ttl_minutes, kOptional);
  visit("expires_at", self.expires_at, kOptional);
  visit("server_host", self.server_host, kOptional);
}

template <Is<EndpointCall> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("endpoint", self.endpoint, kShown);
  visit("source", self.source, kShown);
}

template <Is<McpCall> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("backend", self.backend, kRequired);
  visit("mcp_method", self.mcp_method, kRequired);
  visit("tool", self.tool, kOptional);
  visit("transport", self.transport, kOptional);
  visit("is_error", self.is_error, kOptional);
  visit("jsonrpc_code", self.jsonrpc_code, kOptional);
  visit("request_bytes", self.request_bytes, kOptional);
  visit("response_bytes", self.response_bytes, kOptional);
  visit("backend_request_id", self.backend_request_id, kOptional);
  visit("attempt_backends", self.attempt_backends, kOptional);
}

template <Is<HttpCall> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("method", self.method, kRequired);
  visit("endpoint", self.endpoint, kRequired);
  visit("request_bytes", self.request_bytes, kOptional);
  visit("response_size_bytes", self.response_size_bytes, kOptional);
  visit("tls", self.tls, kOptional);
  visit("remote_address", self.remote_address, kOptional);
}

// The fields that every kind has, save those that hold its own rules: api, status, kind, seq,
// start_offset_ms, duration_ms, request_id, attempts and span_id.
template <Is<ApiCall> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("retry_reasons", self.retry_reasons, kOptional);
  visit("error", self.error, FieldRule{.max_bytes = kMaxApiErrorBytes});
  visit("error_code", self.error_code, kOptional);
  visit("http_status", self.http_status, kShown);
  visit("cluster_id", self.cluster_id, kShown);
  visit("region_id", self.region_id, kOptional);
}

template <Is<RequestInfo> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("protocol_version", self.protocol_version, kOptional);
  visit("session_id", self.session_id, kOptional);
  visit("client_name", self.client_name, kOptional);
  visit("client_version", self.client_version, kOptional);
  visit("client_address", self.client_address, kOptional);
  visit("arguments_size_bytes", self.arguments_size_bytes, kOptional);
  visit("arguments_digest", self.arguments_digest, kDigest);
  visit("arguments_blob", self.arguments_blob, kDigest);
}

template <Is<Principal> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("id", self.id, kOptional);
  visit("issuer", self.issuer, kOptional);
  visit("credential_id", self.credential_id, kOptional);
  visit("delegation", self.delegation, kOptional);
}

template <Is<ResultInfo> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("is_error", self.is_error, kOptional);
  visit("size_bytes", self.size_bytes, kOptional);
  visit("truncated", self.truncated, kOptional);
  visit("item_count", self.item_count, kOptional);
  visit("digest", self.digest, kDigest);
  visit("blob", self.blob, kDigest);
}

// Of a script, beside hash, step_count, tool_count and parallel_used, which are always there.
template <Is<ScriptInfo> Self, class Visit>
void visit_fields(Self& self, Visit&& visit) {
  visit("data_digest", self.data_digest, kDigest);
  visit("tools_digest", self.tools_digest, kDigest);
  visit("machine_version", self.machine_version, kOptional);
  visit("step_limit", self.step_limit, kOptional);
  visit("memory_limit_bytes", self.memory_limit_bytes, kOptional);
  visit("depth_limit", self.depth_limit, kOptional);
  visit("call_limit", self.call_limit, kOptional);
  visit("parallel_limit", self.parallel_limit, kOptional);
  visit("print_limit_bytes", self.print_limit_bytes, kOptional);
  visit("output_limit_bytes", self.output_limit_bytes, kOptional);
  visit("clock_ms", self.clock_ms, kOptional);
}

// Whether `word` is one of the rule's, or the rule has none.
bool allows(const FieldRule& rule, std::string_view word);

// "sha256:" and 64 lower-case hex digits.
bool is_digest(std::string_view text);

// A list in a field ("delegation", "retry_reasons"): at most this many.
inline constexpr std::size_t kMaxListItems = 8;

}  // namespace larkspur::execlog
