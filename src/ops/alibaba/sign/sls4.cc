#include "ops/alibaba/sign/sls4.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/form.h"
#include "base/random.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::string_view kTerminator = "aliyun_v4_request";

bool is_signed(std::string_view name) {
  return name == "host" || name == "content-type" || name.starts_with("x-acs-") ||
         (name.starts_with("x-log-") && !name.starts_with("x-log-meta-"));
}

// Unlike OpenAPI's: names stay as they are, and an empty value drops its "=".
std::string canonical_query(const Fields& query) {
  Fields sorted = query;
  std::ranges::sort(sorted);
  std::string out;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0) out += '&';
    out += sorted[i].first;
    if (!sorted[i].second.empty()) out.append("=").append(percent_encode(sorted[i].second));
  }
  return out;
}

std::string signing_key(std::string_view secret, std::string_view day, std::string_view region) {
  std::string key = hmac_sha256(fmt::format("aliyun_v4{}", secret), day);
  key = hmac_sha256(key, region);
  key = hmac_sha256(key, "sls");
  return hmac_sha256(key, kTerminator);
}

}  // namespace

std::string sls4_canonical_request(const Sls4Request& request) {
  const CanonicalHeaders headers = canonical_headers(request.headers, is_signed);
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                     canonical_query(request.query), headers.lines, headers.names,
                     request.payload_sha256);
}

std::string sls4_authorization(const Sls4Request& request, const Sls4Scope& scope,
                               std::string_view access_key_id, std::string_view access_key_secret) {
  const std::string_view day = scope.date.substr(0, 8);
  const std::string place = fmt::format("{}/{}/sls/{}", day, scope.region, kTerminator);
  const std::string to_sign = fmt::format("SLS4-HMAC-SHA256\n{}\n{}\n{}", scope.date, place,
                                          sha256_hex(sls4_canonical_request(request)));
  return fmt::format("SLS4-HMAC-SHA256 Credential={}/{},Signature={}", access_key_id, place,
                     hmac_sha256_hex(signing_key(access_key_secret, day, scope.region), to_sign));
}

}  // namespace larkspur::ops::alibaba
