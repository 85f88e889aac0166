// Requests to Alibaba Cloud's OpenAPI: Container Service (ROA style), ARMS and STS (RPC style).
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "call/external_call.h"
#include "json/value.h"
#include "ops/alibaba/client/attempts.h"
#include "ops/alibaba/client/endpoints.h"
#include "ops/alibaba/credentials/credentials.h"
#include "ops/alibaba/sign/canonical.h"

namespace larkspur::ops::alibaba {

enum class Service : unsigned char { kContainers, kArms, kSts };

// One request. ROA style has a path; RPC style has all of its parameters in the query, and "/".
struct OpenApiAsk {
  Service service = Service::kContainers;
  std::string action;  // "DescribeClusterDetail"
  std::string method = "GET";
  std::string path = "/";           // encoded
  std::string path_template = "/";  // "/clusters/{ClusterId}", for the record
  Fields query = {};
  std::string body = {};        // JSON, or "" for none
  std::string region = {};      // "": the centre
  std::string cluster_id = {};  // for the record
  Repeat repeat = Repeat::kFreely;
};

struct OpenApiAnswer {
  json::Document body;
  std::string request_id;
  int http_status = 0;
};
using OpenApiReply = std::expected<OpenApiAnswer, CloudError>;

// The request of one attempt, signed. Pure.
call::HttpAsk sign_openapi(const OpenApiAsk& ask, const std::string& base_url,
                           const Credentials& credentials, EpochMs now, const std::string& nonce);

// One request and its entry in api_calls; or one thing that is asked for again and again, which is
// one entry as well. Lives no longer than the call, the endpoints and the clock.
class OpenApiExchange {
 public:
  OpenApiExchange(call::CallContext& context, const Endpoints& endpoints, ClockSkew& clock,
                  OpenApiAsk ask);

  // With retries (attempts.h).
  Async<OpenApiReply> send(CredentialsPtr credentials, call::Again first = call::Again::kRetry);
  // Waits between polls; false when the deadline comes first.
  Async<bool> pause(std::chrono::milliseconds delay);
  call::HttpExchange& entry() { return exchange_; }

 private:
  OpenApiReply read(const call::HttpAnswer& answer);

  const Endpoints& endpoints_;
  ClockSkew& clock_;
  OpenApiAsk ask_;
  call::HttpExchange exchange_;
};

}  // namespace larkspur::ops::alibaba
