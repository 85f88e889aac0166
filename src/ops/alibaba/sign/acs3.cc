#include "ops/alibaba/sign/acs3.h"

#include <fmt/format.h>

#include "base/random.h"

namespace larkspur::ops::alibaba {

namespace {

// Proxies may touch other headers (accept, user-agent), so those stay outside.
bool is_signed(std::string_view name) {
  return name == "host" || name == "content-type" || name.starts_with("x-acs-");
}

std::string canonical_request(const Acs3Request& request, const CanonicalHeaders& headers) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method,
                     request.path.empty() ? "/" : request.path, encode_query(request.query),
                     headers.lines, headers.names, request.payload_sha256);
}

}  // namespace

std::string acs3_canonical_request(const Acs3Request& request) {
  return canonical_request(request, canonical_headers(request.headers, is_signed));
}

std::string acs3_authorization(const Acs3Request& request, std::string_view access_key_id,
                               std::string_view access_key_secret) {
  const CanonicalHeaders headers = canonical_headers(request.headers, is_signed);
  const std::string to_sign =
      "ACS3-HMAC-SHA256\n" + sha256_hex(canonical_request(request, headers));
  return fmt::format("ACS3-HMAC-SHA256 Credential={},SignedHeaders={},Signature={}", access_key_id,
                     headers.names, hmac_sha256_hex(access_key_secret, to_sign));
}

}  // namespace larkspur::ops::alibaba
