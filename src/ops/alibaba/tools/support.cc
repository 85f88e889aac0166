#include "ops/alibaba/tools/support.h"

#include <algorithm>

#include "base/form.h"

namespace larkspur::ops::alibaba {

namespace {

std::string_view type_of(ErrorClass kind) {
  switch (kind) {
    case ErrorClass::kTransport:
      return "transport_error";
    case ErrorClass::kTimeout:
      return "timeout";
    case ErrorClass::kCancelled:
      return "cancelled";
    case ErrorClass::kThrottling:
      return "throttled";
    case ErrorClass::kClient:
      return "client_error";
    case ErrorClass::kServer:
      return "server_error";
    case ErrorClass::kProtocol:
      return "protocol_error";
    case ErrorClass::kCredentials:
      return "credentials_error";
  }
  return "tool_error";
}

}  // namespace

Parameter cluster_id_parameter() {
  return {.name = "cluster_id",
          .description = "The cluster's id, as list_clusters shows it: c and 32 letters or digits.",
          .required = true,
          .pattern = "c[a-z0-9]{32}"};
}

Parameter nodepool_id_parameter() {
  return {.name = "nodepool_id",
          .description = "Only this node pool, as list_cluster_nodepools shows it.",
          .pattern = "np[a-z0-9]{32}"};
}

Parameter page_number_parameter() {
  return {.name = "page_number",
          .type = ParameterType::kInteger,
          .description = "Which page, from 1 on.",
          .fallback = "1",
          .min = 1,
          .max = 1'000'000};
}

Parameter page_size_parameter(std::int64_t max) {
  return {.name = "page_size",
          .type = ParameterType::kInteger,
          .description = "How many entries a page has.",
          .fallback = "10",
          .min = 1,
          .max = max};
}

std::unexpected<ToolFailure> failed(const CloudError& error, FailureStage stage, Facts facts) {
  ToolFailure failure{.code = error.code,
                      .message = error.describe(),
                      .stage = stage_of(error, stage),
                      .type = std::string(type_of(error.kind)),
                      .facts = std::move(facts)};
  if (error.kind == ErrorClass::kTimeout) failure.kind = FailureKind::kTimeout;
  if (error.kind == ErrorClass::kCancelled) failure.kind = FailureKind::kCancelled;
  const auto add = [&](std::string_view key, execlog::MetadataValue value) {
    failure.facts.emplace_back(key, std::move(value));
  };
  if (error.http_status != 0) add("http_status", std::int64_t{error.http_status});
  if (!error.request_id.empty()) add("request_id", error.request_id);
  if (!error.vendor_code.empty()) add("vendor_code", error.vendor_code);
  if (!error.auth_action.empty()) add("hint", "grant " + error.auth_action + " in RAM");
  add("retryable", error.retryable());
  add("attempts", std::int64_t{error.attempts});
  return std::unexpected(std::move(failure));
}

std::unexpected<ToolFailure> diagnostics_denied(const std::string& cluster_id) {
  return std::unexpected(ToolFailure{
      .code = "DiagnosticsNotAllowed",
      .message =
          "diagnoses and inspections are turned off here (tools.alibabaCloud.allowDiagnostics)",
      .stage = FailureStage::kPolicyCheck,
      .kind = FailureKind::kDenied,
      .type = "denied",
      .facts = {{"cluster_id", cluster_id}, {"policy_id", "tools.alibabaCloud.allowDiagnostics"}}});
}

FailureStage stage_of(const CloudError& error, FailureStage otherwise) {
  if (error.kind == ErrorClass::kCancelled) return FailureStage::kCancelled;
  return error.kind == ErrorClass::kCredentials ? FailureStage::kResolveCredentials : otherwise;
}

json::Value first_of(json::Value object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const json::Value value = object[name];
    if (value.exists() && !value.is_null()) return value;
  }
  return {};
}

void copy(json::Writer& out, std::string_view name, json::Value value) {
  out.key(name);
  if (value.exists()) {
    out.raw(value.raw());
  } else {
    out.null();
  }
}

void copy_list(json::Writer& out, std::string_view name, json::Value value) {
  out.key(name).raw(value.is_array() ? value.raw() : "[]");
}

Page page_of(std::size_t total, std::int64_t page_number, std::int64_t page_size) {
  const auto size = static_cast<std::size_t>(page_size);
  const std::size_t first = std::min(total, static_cast<std::size_t>(page_number - 1) * size);
  return {first, std::min(total, first + size)};
}

OpenApiAsk cluster_ask(std::string action, std::string_view cluster_id, std::string_view below) {
  OpenApiAsk ask{.action = std::move(action)};
  ask.path = "/clusters/" + percent_encode(cluster_id) + std::string(below);
  ask.path_template = "/clusters/{ClusterId}" + std::string(below);
  ask.cluster_id = cluster_id;
  return ask;
}

}  // namespace larkspur::ops::alibaba
