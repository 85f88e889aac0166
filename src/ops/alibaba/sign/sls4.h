// SLS4-HMAC-SHA256, the version 4 signature of Alibaba Cloud's Simple Log Service.
#pragma once

#include <string>
#include <string_view>

#include "ops/alibaba/sign/canonical.h"

namespace larkspur::ops::alibaba {

// What is signed of a request. The texts outlive the call.
struct Sls4Request {
  std::string_view method;
  std::string_view path;  // as sent, without the project (which is in the host)
  const Fields& query;    // values are encoded before they are signed, names are not
  const Fields& headers;  // host, content-type, x-log-* and x-acs-* are signed, the others are not
  std::string_view payload_sha256;  // 64 hex digits, those of x-log-content-sha256
};

// Who signs, where and when.
struct Sls4Scope {
  std::string_view region;  // "cn-hangzhou"
  std::string_view date;    // "20260115T080000Z", that of x-log-date
};

std::string sls4_canonical_request(const Sls4Request& request);

// The value of the Authorization header.
std::string sls4_authorization(const Sls4Request& request, const Sls4Scope& scope,
                               std::string_view access_key_id, std::string_view access_key_secret);

}  // namespace larkspur::ops::alibaba
