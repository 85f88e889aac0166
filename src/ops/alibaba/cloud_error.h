// What went wrong at Alibaba Cloud: read from the answers of its OpenAPI and of its Log Service,
// and put into the few codes that tools promise.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace larkspur::ops::alibaba {

enum class ErrorClass : unsigned char {
  kTransport,    // no answer came
  kTimeout,      // the deadline passed first
  kCancelled,    // nobody waits for the answer any more
  kThrottling,   // come back later
  kClient,       // the request is at fault
  kServer,       // the service is
  kProtocol,     // an answer that nobody can read
  kCredentials,  // there is nothing to sign with
};

struct CloudError {
  ErrorClass kind = ErrorClass::kTransport;
  // Stable, the tools' own: NO_RAM_POLICY_AUTH, CLUSTER_NOT_FOUND, ... UNKNOWN where the service's
  // code is in no table; derived from HTTP status and the service's code, never from message texts.
  std::string code = "UNKNOWN";
  std::string vendor_code;  // as the service wrote it: "Forbidden.RAM"; "HTTP_502" where it did not
  std::string message;      // redacted and cut
  std::string request_id;
  std::string auth_action;  // the permission that lacks: "arms:GetPrometheusInstance"
  int http_status = 0;      // 0: no answer came
  std::optional<std::chrono::milliseconds> retry_after;
  int attempts = 1;

  // The same request may succeed later.
  bool retryable() const;
  // The service's clock and ours disagree.
  bool is_clock_skew() const;
  // For people: what happened, with the service's code and what to do next.
  std::string describe() const;
};

// The header `x-acs-retry-after`: milliseconds; nullopt unless a positive integer.
std::optional<std::chrono::milliseconds> retry_after(std::string_view header);

// What of an HTTP answer says how it failed. The texts outlive the call.
struct FailedAnswer {
  int status = 0;
  std::string_view body;
  std::string_view request_id;   // of the header: x-acs-request-id or x-log-requestid
  std::string_view retry_after;  // the header x-acs-retry-after
};

// An OpenAPI answer whose status is not 2xx (or whose body carries a Code that is an error).
CloudError read_openapi_error(const FailedAnswer& answer);
// A Log Service answer whose status is not 2xx.
CloudError read_sls_error(const FailedAnswer& answer);

}  // namespace larkspur::ops::alibaba
