#include "ops/alibaba/cloud_error.h"

#include "ops/alibaba/testdata/vectors.h"

namespace larkspur::ops::alibaba {
namespace {

FailedAnswer answer(int status, std::string_view body, std::string_view request_id = {},
                    std::string_view retry_after = {}) {
  return {status, body, request_id, retry_after};
}

std::string_view class_name(ErrorClass kind) {
  switch (kind) {
    case ErrorClass::kThrottling:
      return "throttling";
    case ErrorClass::kServer:
      return "server";
    default:
      return "client";
  }
}

TEST(CloudError, AllVectors) {
  std::size_t count = 0;
  for (const json::Value vector : vectors().root()["error_bodies"].elements()) {
    const std::string body(vector["body_raw"].exists() ? vector["body_raw"].string()
                                                       : vector["body"].raw());
    SCOPED_TRACE(body);
    const json::Value headers = vector["headers"];
    const bool is_sls = vector["service"].string() == "sls";
    const FailedAnswer failed =
        answer(static_cast<int>(*vector["http"].integer()), body,
               headers[is_sls ? "x-log-requestid" : "x-acs-request-id"].string(),
               headers["x-acs-retry-after"].string());
    const CloudError error = is_sls ? read_sls_error(failed) : read_openapi_error(failed);
    const json::Value expected = vector["expect"];
    EXPECT_EQ(error.vendor_code, expected["error_code"].string());
    EXPECT_EQ(class_name(error.kind), expected["error_class"].string());
    EXPECT_EQ(error.retryable(), expected["retryable"].boolean());
    if (expected["request_id"].exists()) {
      EXPECT_EQ(error.request_id, expected["request_id"].string());
    }
    if (expected["retry_after_ms"].exists()) {
      EXPECT_EQ(error.retry_after->count(), *expected["retry_after_ms"].integer());
    }
    ++count;
  }
  EXPECT_EQ(count, 5u);
}

TEST(CloudError, TheRetryHeaderOfAllVectors) {
  for (const json::Value row : vectors().root()["openapi_retry"]["cases"].elements()) {
    json::Value cells[2];
    std::size_t at = 0;
    for (const json::Value cell : row.elements()) cells[at++ & 1] = cell;
    const auto parsed = retry_after(cells[0].string());
    EXPECT_EQ(parsed.has_value(), cells[1].is_number()) << cells[0].raw();
    if (parsed) EXPECT_EQ(parsed->count(), *cells[1].integer());
  }
}

// AC-8: codes come from status and vendor code; a message that happens to hold a word changes
// nothing.
TEST(CloudError, Ac8CodesNeverComeFromTheWordsOfAMessage) {
  const auto code = [](int status, std::string_view body) {
    return read_openapi_error(answer(status, body)).code;
  };
  EXPECT_EQ(code(403, R"({"Code":"Forbidden.RAM","Message":"x"})"), "NO_RAM_POLICY_AUTH");
  EXPECT_EQ(code(404, R"({"code":"ErrorClusterNotFound"})"), "CLUSTER_NOT_FOUND");
  EXPECT_EQ(code(400, R"({"code":"SomethingNew","message":"Forbidden region cluster not found"})"),
            "UNKNOWN");
  EXPECT_EQ(code(500, "no permission"), "UNKNOWN");
  EXPECT_EQ(code(400, R"({"Code":"ForbiddenFruit"})"), "UNKNOWN");
}

TEST(CloudError, XmlBodiesAndHeadersAreReadToo) {
  const CloudError error = read_openapi_error(
      answer(400,
             "<?xml version='1.0'?><Error><RequestId>R1</RequestId><Code>InvalidTimeStamp.Expired"
             "</Code><Message>old</Message></Error>"));
  EXPECT_EQ(error.vendor_code, "InvalidTimeStamp.Expired");
  EXPECT_EQ(error.request_id, "R1");
  EXPECT_TRUE(error.is_clock_skew());
  EXPECT_EQ(read_openapi_error(answer(502, "", "H")).request_id, "H");
}

TEST(CloudError, SecretsThatTheServiceEchoesDoNotPass) {
  const CloudError error = read_openapi_error(answer(
      400,
      R"({"Code":"SignatureDoesNotMatch","Message":"server string to sign is:GET x-acs-security-token:CAISsecretsecret== host:a\u001b[31m"})"));
  EXPECT_EQ(error.message.find("CAISsecret"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
  EXPECT_EQ(error.code, "INVALID_CREDENTIALS");
}

TEST(CloudError, TellsWhatIsMissing) {
  const CloudError error = read_openapi_error(answer(
      403,
      R"({"Code":"Forbidden.RAM","Message":"not authorized","AccessDeniedDetail":{"AuthAction":"cs:DescribeClusterDetail"}})"));
  EXPECT_EQ(error.describe(),
            "Forbidden.RAM: not authorized (HTTP 403); needed: cs:DescribeClusterDetail; the RAM "
            "policy of these credentials lacks it");
}

}  // namespace
}  // namespace larkspur::ops::alibaba
