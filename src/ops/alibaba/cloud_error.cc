#include "ops/alibaba/cloud_error.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/text.h"
#include "execlog/redaction/redaction.h"
#include "json/value.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::size_t kMaxMessageBytes = 600, kMaxCodeBytes = 128;

// The services' codes, and what tools make of them. A code matches when it is equal to `vendor` or
// goes on after it with a dot ("Forbidden.RAM", "Throttling.User").
struct Known {
  std::string_view vendor, code;
};
constexpr std::array kKnown = std::to_array<Known>({
    {"Forbidden.RAM", "NO_RAM_POLICY_AUTH"},
    {"NoPermission", "NO_RAM_POLICY_AUTH"},
    {"ErrorForbidden", "NO_RAM_POLICY_AUTH"},
    {"StatusForbidden", "NO_RAM_POLICY_AUTH"},
    {"Forbidden", "NO_RAM_POLICY_AUTH"},
    {"Unauthorized", "NO_RAM_POLICY_AUTH"},
    {"ErrorClusterNotFound", "CLUSTER_NOT_FOUND"},
    {"ClusterNotFound", "CLUSTER_NOT_FOUND"},
    {"InvalidClusterId", "CLUSTER_NOT_FOUND"},
    {"ErrorNodePoolNotFound", "RESOURCE_NOT_FOUND"},
    {"ResourceNotFound", "RESOURCE_NOT_FOUND"},
    {"InvalidAccessKeyId", "INVALID_CREDENTIALS"},
    {"InvalidSecurityToken", "INVALID_CREDENTIALS"},
    {"SecurityTokenExpired", "INVALID_CREDENTIALS"},
    {"SignatureDoesNotMatch", "INVALID_CREDENTIALS"},
    {"SignatureNotMatch", "INVALID_CREDENTIALS"},
    {"IncompleteSignature", "INVALID_CREDENTIALS"},
    {"InvalidTimeStamp", "CLOCK_SKEW"},
    {"RequestTimeTooSkewed", "CLOCK_SKEW"},
    {"RequestTimeExpired", "CLOCK_SKEW"},
    {"Throttling", "THROTTLED"},
    {"ReadQuotaExceed", "THROTTLED"},
    {"ProjectNotExist", "SLS_PROJECT_NOT_FOUND"},
    {"LogStoreNotExist", "LOGSTORE_NOT_FOUND"},
    {"IndexConfigNotExist", "LOGSTORE_NOT_INDEXED"},
    {"ParameterInvalid", "INVALID_QUERY"},
    {"InvalidParameter", "INVALID_PARAMETER"},
});

bool matches(std::string_view code, std::string_view vendor) {
  return code.starts_with(vendor) && (code.size() == vendor.size() || code[vendor.size()] == '.');
}

std::string tool_code(const CloudError& error) {
  if (error.kind == ErrorClass::kThrottling) return "THROTTLED";
  for (const Known& known : kKnown) {
    if (matches(error.vendor_code, known.vendor)) return std::string(known.code);
  }
  return "UNKNOWN";
}

// The first of the spellings that the object has, as text.
std::string member(json::Value object, std::initializer_list<std::string_view> spellings) {
  for (const std::string_view name : spellings) {
    const json::Value value = object[name];
    if (value.is_string()) return std::string(value.string());
    if (value.is_number()) return std::string(value.raw());
  }
  return {};
}

// The text of the first <name> of an XML error; entities stay as they are.
std::string xml_text(std::string_view body, std::string_view name) {
  const std::string open = fmt::format("<{}>", name), close = fmt::format("</{}>", name);
  const std::size_t from = body.find(open);
  if (from == std::string_view::npos) return {};
  const std::size_t to = body.find(close, from);
  if (to == std::string_view::npos) return {};
  return std::string(body.substr(from + open.size(), to - from - open.size()));
}

std::string presentable(std::string_view text, std::size_t max_bytes) {
  return printable(
      truncate_utf8(execlog::redacted(truncate_utf8(trim(text), 4 * max_bytes)), max_bytes));
}

void finish(CloudError& error, const FailedAnswer& answer) {
  error.http_status = answer.status;
  if (error.vendor_code.empty() || error.vendor_code == "200") {
    error.vendor_code = fmt::format("HTTP_{}", answer.status);
  }
  error.vendor_code = presentable(error.vendor_code, kMaxCodeBytes);
  error.message = presentable(error.message, kMaxMessageBytes);
  error.request_id = presentable(error.request_id, kMaxCodeBytes);
  error.auth_action = presentable(error.auth_action, kMaxCodeBytes);
  error.retry_after = retry_after(answer.retry_after);
  if (error.retry_after || answer.status == 429 || matches(error.vendor_code, "Throttling") ||
      error.vendor_code == "ReadQuotaExceed") {
    error.kind = ErrorClass::kThrottling;
  } else {
    error.kind = answer.status >= 500 ? ErrorClass::kServer : ErrorClass::kClient;
  }
  error.code = tool_code(error);
}

std::string_view advice(const CloudError& error) {
  if (error.code == "NO_RAM_POLICY_AUTH") return "the RAM policy of these credentials lacks it";
  if (error.code == "CLUSTER_NOT_FOUND") return "list_clusters shows which clusters there are";
  if (error.code == "INVALID_CREDENTIALS") return "check the configured credentials";
  if (error.code == "THROTTLED") return "try again later";
  if (error.code == "CLOCK_SKEW") return "check this machine's clock";
  if (error.code == "LOGSTORE_NOT_INDEXED")
    return "the logstore needs an index before it can be searched";
  if (error.code == "CONNECT_FAILED") return "check the endpoint and the network";
  return {};
}

}  // namespace

bool CloudError::retryable() const {
  if (kind == ErrorClass::kTransport || kind == ErrorClass::kThrottling) return true;
  return kind == ErrorClass::kServer || vendor_code == "RequestTimeout" ||
         vendor_code == "ServerBusy";
}

bool CloudError::is_clock_skew() const {
  return code == "CLOCK_SKEW";
}

std::string CloudError::describe() const {
  std::string text = message.empty() ? std::string("no reason was given") : message;
  if (!vendor_code.empty()) text = fmt::format("{}: {}", vendor_code, text);
  if (http_status != 0) text += fmt::format(" (HTTP {})", http_status);
  if (!auth_action.empty()) text += fmt::format("; needed: {}", auth_action);
  if (const std::string_view next = advice(*this); !next.empty()) text += fmt::format("; {}", next);
  return text;
}

std::optional<std::chrono::milliseconds> retry_after(std::string_view header) {
  std::int64_t value = 0;
  const char* end = header.data() + header.size();
  const auto read = std::from_chars(header.data(), end, value);
  if (header.empty() || read.ec != std::errc{} || read.ptr != end || value <= 0) return {};
  return std::chrono::milliseconds(value);
}

CloudError read_openapi_error(const FailedAnswer& answer) {
  CloudError error;
  std::string request_id;
  if (const auto document = json::Document::parse(std::string(answer.body))) {
    const json::Value root = document->root();
    error.vendor_code = member(root, {"Code", "code"});
    error.message = member(root, {"Message", "message"});
    request_id = member(root, {"RequestId", "requestId", "request_id"});
    error.auth_action = member(root["AccessDeniedDetail"], {"AuthAction"});
  } else if (answer.body.find("<Error>") != std::string::npos) {
    error.vendor_code = xml_text(answer.body, "Code");
    error.message = xml_text(answer.body, "Message");
    request_id = xml_text(answer.body, "RequestId");
  }
  error.request_id = request_id.empty() ? std::string(answer.request_id) : request_id;
  finish(error, answer);
  return error;
}

CloudError read_sls_error(const FailedAnswer& answer) {
  CloudError error;
  if (const auto document = json::Document::parse(std::string(answer.body))) {
    error.vendor_code = member(document->root(), {"errorCode"});
    error.message = member(document->root(), {"errorMessage"});
  }
  error.request_id = answer.request_id;
  finish(error, answer);
  return error;
}

}  // namespace larkspur::ops::alibaba
