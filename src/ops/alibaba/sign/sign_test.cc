#include <re2/re2.h>

#include "base/form.h"
#include "base/random.h"
#include "ops/alibaba/sign/acs3.h"
#include "ops/alibaba/sign/sls4.h"
#include "ops/alibaba/testdata/vectors.h"

namespace larkspur::ops::alibaba {
namespace {

std::string text(json::Value value) {
  return std::string(value.string());
}

TEST(Acs3, AllVectors) {
  std::size_t count = 0;
  for (const json::Value vector : vectors().root()["acs3_hmac_sha256"].elements()) {
    SCOPED_TRACE(vector["name"].string());
    const json::Value input = vector["input"];
    const std::string hash = input["hashed_payload"].exists() ? text(input["hashed_payload"])
                                                              : sha256_hex(input["body"].string());
    const Fields query = fields_of(input["query"]);
    const Fields headers = fields_of(input["headers"]);
    const Acs3Request request{input["method"].string(), input["path"].string(), query, headers,
                              hash};
    const json::Value expected = vector["expect"];
    EXPECT_EQ(encode_query(query), expected["canonical_query"].string());
    EXPECT_EQ(acs3_canonical_request(request), expected["canonical_request"].string());
    EXPECT_EQ(acs3_authorization(request, input["access_key_id"].string(),
                                 input["access_key_secret"].string()),
              expected["authorization"].string());
    ++count;
  }
  EXPECT_EQ(count, 12u);
}

TEST(Sls4, AllVectors) {
  std::size_t count = 0;
  for (const json::Value vector : vectors().root()["sls_v4"].elements()) {
    SCOPED_TRACE(vector["name"].string());
    const json::Value input = vector["input"];
    const std::string hash = sha256_hex(input["body"].string());
    EXPECT_EQ(hash, vector["expect"]["content_sha256"].string());
    const Fields query = fields_of(input["query"]);
    Fields headers = fields_of(input["headers"]);
    headers.emplace_back("x-log-date", input["x_log_date"].string());
    headers.emplace_back("x-log-content-sha256", hash);
    const Sls4Request request{input["method"].string(), input["uri"].string(), query, headers,
                              hash};
    const json::Value expected = vector["expect"];
    EXPECT_EQ(sls4_canonical_request(request), expected["canonical_request"].string());
    EXPECT_EQ(
        sls4_authorization(request, {input["region"].string(), input["x_log_date"].string()},
                           input["access_key_id"].string(), input["access_key_secret"].string()),
        expected["authorization"].string());
    ++count;
  }
  EXPECT_EQ(count, 8u);
}

TEST(PercentEncoding, AllVectors) {
  for (const json::Value vector : vectors().root()["sls_percent_encode"].elements()) {
    EXPECT_EQ(percent_encode(vector["input"].string()), vector["expect"].string());
  }
  for (const json::Value vector : vectors().root()["openapi_percent_encode"].elements()) {
    std::string encoded = percent_encode(vector["input"].string());
    if (vector["fn"].string().starts_with("path")) {  // which is encoded segment by segment
      RE2::GlobalReplace(&encoded, "%2F", "/");
    }
    EXPECT_EQ(encoded, vector["expect"].string());
  }
}

TEST(CanonicalHeaders, MetaHeadersOfTheLogServiceStayOutside) {
  const Fields headers{{"X-Log-Meta-a", "1"}, {"X-Log-b", " 2 "}, {"accept", "3"}};
  const Fields query;
  const Sls4Request request{"GET", "/", query, headers, ""};
  EXPECT_EQ(sls4_canonical_request(request), "GET\n/\n\nx-log-b:2\n\nx-log-b\n");
}

}  // namespace
}  // namespace larkspur::ops::alibaba
