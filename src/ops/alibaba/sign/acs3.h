// ACS3-HMAC-SHA256, the signature of Alibaba Cloud's OpenAPI ("V3 request structure and signature"
// in its SDK documentation). ROA and RPC style differ only in what is put into path and query.
#pragma once

#include <string>
#include <string_view>

#include "ops/alibaba/sign/canonical.h"

namespace larkspur::ops::alibaba {

// What is signed of a request. The texts outlive the call.
struct Acs3Request {
  std::string_view method;  // "GET"
  std::string_view path;    // encoded, exactly as sent; "" means "/"
  const Fields& query;
  const Fields& headers;            // host, content-type and x-acs-* are signed, the others are not
  std::string_view payload_sha256;  // 64 hex digits, those of x-acs-content-sha256
};

std::string acs3_canonical_request(const Acs3Request& request);

// The value of the Authorization header.
std::string acs3_authorization(const Acs3Request& request, std::string_view access_key_id,
                               std::string_view access_key_secret);

}  // namespace larkspur::ops::alibaba
